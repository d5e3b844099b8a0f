"""The editing of one face: what is chosen, what the keys do to it, undo and redo. No Textual."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from fstui.i18n import later, tr
from fstui.model.faceviews import MASK_PX, Pair
from fstui.model.shape import (
    BOX_PARTS,
    PARTS,
    Change,
    Draft,
    Region,
    boxed,
    changed,
    middle,
    moved,
    painted,
    scaled,
    turned,
)
from fstui.model.undo import Undo

Aim = Literal["points", "box", "mask"]
AIMS: tuple[Aim, ...] = ("points", "box", "mask")
AIM_WORDS: dict[Aim, str] = {
    "points": later("points"),
    "box": later("box"),
    "mask": later("mask"),
}
Pen = Literal["up", "paint", "erase"]
PENS: tuple[Pen, ...] = ("up", "paint", "erase")
PEN_WORDS: dict[Pen, str] = {
    "up": later("pen up"),
    "paint": later("pen paints"),
    "erase": later("pen erases"),
}
TURN_DEGREES = 1.0
GROW = 1.02
BRUSHES = (1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 18.0, 27.0, 40.0)
"""Radii in pixels of the mask."""
INSIDE, OUTSIDE = 255, 0


class Editing:
    """A draft of one face over its region of the frame."""

    def __init__(self, draft: Draft, region: Region, mask: bytes) -> None:
        self.draft = self.saved = draft
        self.region = region
        self.steps: Undo[Draft] = Undo()
        self.aim: Aim = "points"
        self.pen: Pen = "up"
        left, top, side = region
        self.brush: Pair = (left + side / 2, top + side / 2)
        """Where it is, in frame px."""
        self._mask = mask
        self._brush = 4
        self._part = dict.fromkeys(AIMS, 0)
        self._point = dict[Aim, int | None].fromkeys(AIMS)

    # --- what is chosen -----------------------------------------------------------------------

    @property
    def dirty(self) -> bool:
        """Whether something is not saved."""
        return self.draft != self.saved

    @property
    def mask(self) -> bytes:
        """The painted mask, else what painting begins with."""
        return self.draft.mask if self.draft.mask is not None else self._mask

    @property
    def radius(self) -> float:
        """Of the brush, in pixels of the mask."""
        return BRUSHES[self._brush]

    @property
    def parts(self) -> dict[str, range]:
        """What can be chosen."""
        return PARTS if self.aim == "points" else BOX_PARTS

    @property
    def part(self) -> str:
        """The name of what is chosen."""
        return list(self.parts)[self._part[self.aim]]

    @property
    def point(self) -> int | None:
        """The one point that is chosen, None for all of the part."""
        return self._point[self.aim]

    @property
    def chosen(self) -> list[int]:
        """Indices of the chosen landmarks or corners."""
        return list(self.parts[self.part]) if self.point is None else [self.point]

    @property
    def focus(self) -> Pair:
        """Where the eye is, in frame px."""
        if self.aim == "mask":
            return self.brush
        points = self.draft.points if self.aim == "points" else self.draft.box
        return middle([points[i] for i in self.chosen])

    def words(self) -> str:
        """`points: right eye, point 3 of 6`, `mask: pen paints, brush 8 px`."""
        if self.aim == "mask":
            told = tr("mask: {pen}, brush {n:g} px")
            return told.format(pen=tr(PEN_WORDS[self.pen]), n=self.radius)
        what = f"{tr(AIM_WORDS[self.aim])}: {tr(self.part)}"
        if self.point is None:
            return what
        among = self.parts[self.part]
        at = self.point - among.start + 1
        return what + tr(", point {n} of {of}").format(n=at, of=len(among))

    def turn_aim(self) -> None:
        """Points, box, mask, points again; the pen is up."""
        self.aim = AIMS[(AIMS.index(self.aim) + 1) % len(AIMS)]
        self.pen = "up"

    def turn_part(self, by: int) -> None:
        """The next part, whole."""
        self._part[self.aim] = (self._part[self.aim] + by) % len(self.parts)
        self._point[self.aim] = None

    def turn_point(self, by: int) -> None:
        """The next point of the part alone."""
        among = self.parts[self.part]
        at = (-1 if by > 0 else 0) if self.point is None else self.point - among.start
        self._point[self.aim] = among[(at + by) % len(among)]

    # --- what is done to it -------------------------------------------------------------------

    def move(self, x: float, y: float) -> None:
        """Move what is chosen by px of the frame; a pen that is down draws."""
        if self.aim != "mask":
            self._change(moved(x, y))
            return
        left, top, side = self.region
        start, (bx, by) = self.brush, self.brush
        self.brush = (
            min(max(bx + x, left), left + side - 1),
            min(max(by + y, top), top + side - 1),
        )
        if self.pen != "up":
            self._stroke([start, self.brush])

    def turn(self, degrees: float) -> None:
        """Turn the chosen points about their middle; a box stays upright."""
        if self.aim == "points":
            self._change(turned(degrees))

    def scale(self, factor: float) -> None:
        """Grow the chosen points, or the box, about their middle."""
        if self.aim != "mask":
            self._change(scaled(factor))

    def turn_pen(self) -> None:
        """Up, paint, erase; one that goes down makes a dot."""
        self.pen = PENS[(PENS.index(self.pen) + 1) % len(PENS)]
        if self.pen != "up":
            self.dab()

    def dab(self) -> None:
        """One dot of the brush; a pen that is up paints it."""
        self._stroke([self.brush])

    def size_brush(self, by: int) -> None:
        """A wider or a finer brush."""
        self._brush = max(0, min(self._brush + by, len(BRUSHES) - 1))

    def copy(self, other: Draft) -> None:
        """Take points and box of another frame's face, where they are there."""
        self.put(replace(self.draft, points=other.points, box=other.box))

    def copy_mask(self, mask: bytes, region: Region) -> None:
        """Take the mask of another frame's face, where it is there."""
        self.put(replace(self.draft, mask=carried(mask, region, self.region)))

    def put(self, draft: Draft) -> None:
        """Have the face like this: one step for undo."""
        if draft != self.draft:
            self.steps.push(self.draft, draft)
            self.draft = draft

    def undo(self) -> None:
        """As before the last change."""
        self.draft = self.steps.undo() or self.draft

    def redo(self) -> None:
        """As before it was undone."""
        self.draft = self.steps.redo() or self.draft

    def _change(self, act: Change) -> None:
        change = changed if self.aim == "points" else boxed
        self.put(change(self.draft, self.chosen, act))

    def _stroke(self, line: list[Pair]) -> None:
        left, top, side = self.region
        grow = MASK_PX / side
        inside = [((x - left + 0.5) * grow - 0.5, (y - top + 0.5) * grow - 0.5) for x, y in line]
        value = OUTSIDE if self.pen == "erase" else INSIDE
        self.put(replace(self.draft, mask=painted(self.mask, inside, self.radius, value)))


def carried(mask: bytes, source: Region, aim: Region) -> bytes:
    """A mask over one region as it lies in another; nearest pixels, 0 where it doesn't reach."""
    columns, rows = (_nearest(source[i], source[2], aim[i], aim[2]) for i in (0, 1))
    made = bytearray(MASK_PX * MASK_PX)
    for y, row in enumerate(rows):
        if row is None:
            continue
        line = mask[row * MASK_PX : (row + 1) * MASK_PX]
        made[y * MASK_PX : (y + 1) * MASK_PX] = bytes(0 if c is None else line[c] for c in columns)
    return bytes(made)


def _nearest(start: int, side: int, aim_start: int, aim_side: int) -> list[int | None]:
    """The pixel of a mask's axis that each pixel of another mask's axis lies in."""
    found: list[int | None] = []
    for i in range(MASK_PX):
        place = aim_start + (i + 0.5) * aim_side / MASK_PX
        pixel = int((place - start) * MASK_PX // side)
        found.append(pixel if 0 <= pixel < MASK_PX else None)
    return found


def edge(mask: bytes) -> list[Pair]:
    """The pixels of a mask's edge, from its corner: those inside that have one outside beside."""
    whole = mask.translate(bytes(int(v > 127) for v in range(256)))
    lines = [whole[y * MASK_PX : (y + 1) * MASK_PX] for y in range(MASK_PX)]
    nothing = bytes(MASK_PX)
    found: list[Pair] = []
    for y, (above, here, below) in enumerate(
        zip([nothing, *lines], lines, [*lines[1:], nothing], strict=False)
    ):
        if not any(here):
            continue
        number = int.from_bytes(here, "big")
        inner = (number >> 8) & (number << 8)
        inner &= int.from_bytes(above, "big") & int.from_bytes(below, "big")
        border = (number & ~inner).to_bytes(MASK_PX, "big")
        at = border.find(1)
        while at >= 0:
            found.append((at + 0.5, y + 0.5))
            at = border.find(1, at + 1)
    return found
