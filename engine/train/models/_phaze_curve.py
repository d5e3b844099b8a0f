"""The numbers that phaze_a's options lead to: filters by a curve, sides that divide the output."""

from __future__ import annotations

from typing import Literal

Mode = Literal["full", "cap_max", "cap_min"]

STEEPEST = 0.99
MULTIPLE = 8


def curve(start: int, end: int, count: int, slope: float, mode: Mode = "full") -> list[int]:
    """`count` multiples of 8 from `start` to `end`.

    `full` bends the way by `slope` (0 is straight, towards -1 it leaves `start` at once); the caps
    go down by the same factor each time until `end`, and wait at their beginning or end.
    """
    slope = min(STEEPEST, max(-STEEPEST, slope))
    if mode == "full":
        places = [i / max(count - 1, 1) for i in range(count)]
        shares = [(x - slope * x) / (slope - 2 * slope * x + 1) for x in places]
        return [_even(start + share * (end - start)) for share in shares]
    steps = _falling(start, end, 1.0 - abs(slope))[:count]
    rest = count - len(steps)
    return [start] * rest + steps if mode == "cap_max" else steps + [end] * rest


def scaled(target: int, size: int) -> int:
    """`target` halved until it is no larger than `size` or odd."""
    while target > size and target % 2 == 0:
        target //= 2
    return target


def divisible(filters: int, size: int, output: int) -> int:
    """Filters of maps of `size` px, fewer where they must make maps whose side divides `output`."""
    side = scaled(output, size)
    return filters if side == size else filters // side**2 * side**2


def _falling(start: int, end: int, factor: float) -> list[int]:
    steps = [start]
    while steps[-1] > end:
        steps.append(max(end, min(_even(steps[-1] * factor), steps[-1] - 1)))
    return steps


def _even(value: float) -> int:
    return int(value // MULTIPLE) * MULTIPLE
