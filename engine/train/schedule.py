"""The learning rate over a training."""

from __future__ import annotations

import math
from typing import Literal

import msgspec

WARM_UP = 20
"""Iterations over which the rate rises at the very start, while Adam's moments are noise."""
LEAST = 0.01
"""Share of the full rate that is left at a cosine's end."""
SLOWER = 0.5
"""What a roll-back or the user's wish makes of the rate."""
SLOWEST = 2.0**-10


class Schedule(msgspec.Struct, frozen=True):
    """How the rate goes over a training."""

    kind: Literal["constant", "cosine", "step"] = "constant"
    warm_up: int = WARM_UP
    """Iterations over which it rises from nothing in a line, 0..5000."""
    least: float = LEAST
    """Of `cosine`: share that is left at the end, 0..1."""
    factor: float = 0.5
    """Of `step`: share that each step leaves, above 0 and up to 1."""
    every: int = 100_000
    """Of `step`: iterations from one step to the next."""


def learning_rate(
    full: float, iteration: int, part: float, how: Schedule, slowed: float = 1.0
) -> float:
    """The rate of one iteration (counted from 1); `part` of the training is behind it, 0..1, and
    `slowed` is what `slower` has made of the rate so far."""
    rising = min(1.0, iteration / how.warm_up) if how.warm_up else 1.0
    return full * slowed * rising * _share(iteration, part, how)


def slower(slowed: float) -> float:
    """The rate's factor after it was lowered once more; it never falls to nothing."""
    return max(SLOWEST, slowed * SLOWER)


def _share(iteration: int, part: float, how: Schedule) -> float:
    match how.kind:
        case "cosine":
            return cosine(part, how.least)
        case "step":
            return float(how.factor ** ((iteration - 1) // how.every))
    return 1.0


def cosine(part: float, least: float) -> float:
    """From 1 down to `least` along half a cosine, so that the last steps settle and don't wander
    (I. Loshchilov and F. Hutter, "SGDR", ICLR 2017, without restarts)."""
    left = 0.5 + 0.5 * math.cos(math.pi * min(max(part, 0.0), 1.0))
    return least + (1.0 - least) * left
