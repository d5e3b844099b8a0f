"""A face that is edited: landmarks, box and painted mask as plain values, and what moves them.

Coordinates are display-rotated frame pixels, the centre of the first pixel at (0, 0). No arrays:
68 points are few.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from engine.curate import Shape
from fstui.i18n import later
from fstui.model.faceviews import MASK_PX, Pair

Region = tuple[int, int, int]
"""Left, top and side in px of the square that the mask lies over."""

POINTS = 68
PARTS: dict[str, range] = {
    later("whole face"): range(68),
    later("jaw"): range(17),
    later("right brow"): range(17, 22),
    later("left brow"): range(22, 27),
    later("nose"): range(27, 36),
    later("right eye"): range(36, 42),
    later("left eye"): range(42, 48),
    later("mouth"): range(48, 68),
}
"""Landmarks (iBUG 300-W) that move together; right and left are the subject's own."""
BOX_PARTS: dict[str, range] = {
    later("box"): range(2),
    later("left top corner"): range(1),
    later("right bottom corner"): range(1, 2),
}
LEAST_BOX_PX = 4.0


@dataclass(frozen=True)
class Draft:
    """A face as it is being edited; each change makes a new one."""

    points: tuple[Pair, ...]
    box: tuple[Pair, Pair]
    """Left top and right bottom corner."""
    mask: bytes | None = None
    """`MASK_PX` x `MASK_PX` over the region, 255 inside; None while nothing was painted."""


Change = Callable[[Sequence[Pair]], list[Pair]]


def draft_of(shape: Shape) -> Draft:
    """A stored face; a mask that was painted before is the engine's to hand out."""
    numbers = struct.unpack(f"<{2 * POINTS}f", shape.points)
    points = tuple(zip(numbers[::2], numbers[1::2], strict=True))
    return Draft(points, ((shape.left, shape.top), (shape.right, shape.bottom)))


def shape_of(draft: Draft, before: Shape, mask: tuple[bytes, bytes, int] | None) -> Shape:
    """An edited face as faces.db takes it; points that did not move stay bit for bit."""
    numbers = [number for pair in draft.points for number in pair]
    (left, top), (right, bottom) = draft.box
    return before._replace(
        left=left,
        top=top,
        right=right,
        bottom=bottom,
        points=struct.pack(f"<{2 * POINTS}f", *numbers),
        mask=mask,
    )


def mask_matrix(region: Region) -> bytes:
    """2x3 float32 from frame pixels to those of the region's mask, as faces.db has it."""
    left, top, side = region
    grow = MASK_PX / side
    x, y = (0.5 - left) * grow - 0.5, (0.5 - top) * grow - 0.5
    return struct.pack("<6f", grow, 0.0, x, 0.0, grow, y)


def mask_png(mask: bytes) -> bytes:
    """A mask as PNG."""
    import io

    from PIL import Image

    buffer = io.BytesIO()
    Image.frombytes("L", (MASK_PX, MASK_PX), mask).save(buffer, "PNG")
    return buffer.getvalue()


# --- what moves points -------------------------------------------------------------------------


def changed(draft: Draft, chosen: Sequence[int], act: Change) -> Draft:
    """The draft with some of its landmarks changed."""
    points = list(draft.points)
    for index, point in zip(chosen, act([points[i] for i in chosen]), strict=True):
        points[index] = point
    return replace(draft, points=tuple(points))


def boxed(draft: Draft, chosen: Sequence[int], act: Change) -> Draft:
    """The draft with corners of its box changed; the box keeps a least size."""
    corners = list(draft.box)
    for index, corner in zip(chosen, act([corners[i] for i in chosen]), strict=True):
        corners[index] = corner
    (left, top), (right, bottom) = corners
    if min(right - left, bottom - top) < LEAST_BOX_PX:
        return draft
    return replace(draft, box=((left, top), (right, bottom)))


def moved(by_x: float, by_y: float) -> Change:
    """A shift in px."""
    return lambda points: [(x + by_x, y + by_y) for x, y in points]


def turned(degrees: float) -> Change:
    """A turn about the points' middle, clockwise in the frame."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))

    def act(points: Sequence[Pair]) -> list[Pair]:
        mx, my = middle(points)
        return [
            (mx + (x - mx) * cos - (y - my) * sin, my + (x - mx) * sin + (y - my) * cos)
            for x, y in points
        ]

    return act


def scaled(factor: float) -> Change:
    """A growth about the points' middle."""

    def act(points: Sequence[Pair]) -> list[Pair]:
        mx, my = middle(points)
        return [(mx + (x - mx) * factor, my + (y - my) * factor) for x, y in points]

    return act


def middle(points: Sequence[Pair]) -> Pair:
    """The mean of points."""
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


# --- the brush ---------------------------------------------------------------------------------


def painted(mask: bytes, line: Sequence[Pair], radius: float, value: int) -> bytes:
    """A mask with a stroke of a round brush along a line, all in pixels of the mask."""
    made = bytearray(mask)
    for x, y in _steps(line, max(1.0, radius / 2)):
        for row in range(max(0, math.ceil(y - radius)), min(MASK_PX - 1, int(y + radius)) + 1):
            half = math.sqrt(max(0.0, radius * radius - (row - y) ** 2))
            first = max(0, math.ceil(x - half))
            last = min(MASK_PX - 1, math.floor(x + half))
            if last >= first:
                start = row * MASK_PX
                made[start + first : start + last + 1] = bytes([value]) * (last - first + 1)
    return bytes(made)


def _steps(line: Sequence[Pair], every: float) -> list[Pair]:
    """Points along a line, near enough to each other that a brush leaves no gap."""
    found = [line[0]]
    for (x1, y1), (x2, y2) in pairwise(line):
        count = max(1, math.ceil(math.hypot(x2 - x1, y2 - y1) / every))
        found += [
            (x1 + (x2 - x1) * i / count, y1 + (y2 - y1) * i / count) for i in range(1, count + 1)
        ]
    return found
