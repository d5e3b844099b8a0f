"""Points and outlines over a picture of cells: coloured dots, or signs where there is no colour."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

from fstui.widgets.picture import Picture
from fstui.widgets.pixels import RGB, Cell, Cells, Mode

Pair = tuple[float, float]


class Ink(NamedTuple):
    """How something is drawn over a picture."""

    rgb: RGB
    colour: int
    """Of the 256-colour palette."""
    sign: str
    """Where there are no colours."""


POINT = Ink((0, 230, 255), 51, "o")
CHOSEN = Ink((255, 235, 0), 226, "O")
CURRENT = Ink((255, 60, 60), 203, "@")
MASK = Ink((60, 255, 90), 83, "#")
BOX = Ink((255, 140, 0), 208, "+")
BRUSH = Ink((255, 255, 255), 231, "*")


@dataclass
class Marks:
    """What lies over a picture, in shares of its width and height; what comes last is on top."""

    lines: list[tuple[Sequence[Pair], Ink]] = field(default_factory=list)
    dots: list[tuple[Sequence[Pair], Ink]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lines or self.dots)


class Overlaid(Picture):
    """A picture with points and lines over it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._marks = Marks()

    def lay(self, marks: Marks) -> None:
        """Take other points and lines; an equal set changes nothing."""
        if marks != self._marks:
            self._marks = marks
            self.redraw()

    def over(self, cells: Cells, mode: Mode) -> Cells:
        """The marks over the decoded picture."""
        return marked(cells, self._marks, mode)


def marked(cells: Cells, marks: Marks, mode: Mode) -> Cells:
    """Cells of a picture with marks over them."""
    made = [list(row) for row in cells]
    if not made or not made[0]:
        return made
    width, height = len(made[0]), 2 * len(made)
    for line, ink in marks.lines:
        for column, row in _along(_scaled(line, width, height)):
            put(made, column, row, ink, mode)
    for dots, ink in marks.dots:
        for x, y in _scaled(dots, width, height):
            put(made, math.floor(x), math.floor(y), ink, mode)
    return made


def put(cells: Cells, x: int, y: int, ink: Ink, mode: Mode) -> None:
    """Set one dot of cells that are one dot wide and two high; outside is left out."""
    if not (0 <= y < 2 * len(cells) and 0 <= x < len(cells[0])):
        return
    old = cells[y // 2][x]
    if mode in ("dots", "ascii"):
        cells[y // 2][x] = Cell(ink.sign)
        return
    colour = ink.rgb if mode == "truecolor" else ink.colour
    top, bottom = (old.paper, old.paper) if old.character == " " else (old.ink, old.paper)
    top, bottom = (colour, bottom) if y % 2 == 0 else (top, colour)
    cells[y // 2][x] = Cell(" ", None, top) if top == bottom else Cell("▀", top, bottom)


def closed(ring: Sequence[Pair]) -> list[Pair]:
    """A ring as a line that ends where it begins."""
    return [*ring, *ring[:1]]


def _scaled(points: Iterable[Pair], width: int, height: int) -> list[Pair]:
    return [(x * width, y * height) for x, y in points if math.isfinite(x) and math.isfinite(y)]


def _along(line: Sequence[Pair]) -> list[tuple[int, int]]:
    """The dots of a line, none twice in a row; far outside it is not followed."""
    found: list[tuple[int, int]] = []
    for (x1, y1), (x2, y2) in pairwise(line):
        count = min(4096, max(1, math.ceil(max(abs(x2 - x1), abs(y2 - y1)))))
        for i in range(count + 1):
            dot = (
                math.floor(x1 + (x2 - x1) * i / count),
                math.floor(y1 + (y2 - y1) * i / count),
            )
            if not found or found[-1] != dot:
                found.append(dot)
    return found
