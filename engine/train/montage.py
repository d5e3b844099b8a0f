"""Previews as pictures: three columns for a terminal's pane, all faces with their masks for a
window, one strip a save for the time-lapse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

COLUMNS = ["A", "A>A", "A>B", "B", "B>B", "B>A"]
WHOLE_COLUMNS = [*COLUMNS[:3], "mask", *COLUMNS[3:], "mask"]
ROWS = 2
"""Faces of each side in the small picture and in the time-lapse."""
SMALL_PX, LARGEST_PX = 128, 256
LABEL_PX = 20
BACKGROUND, INK = 24, (230, 230, 230)

Picture = NDArray[np.uint8]


class SideFaces(NamedTuple):
    """Faces of one side and what the network makes of them."""

    crop: NDArray[np.uint8]
    """(n, side, side, 3) RGB: the faces with what is around them."""
    margin: int
    """Of the crop, on each side, around what the network sees and paints, px."""
    own: NDArray[np.float32]
    """(n, out, out, 3) in 0..1: rebuilt as their own side."""
    swap: NDArray[np.float32]
    """As `own`, rebuilt as the other side."""
    mask: NDArray[np.float32]
    """(n, size, size) in 0..1: the mask painted with `own` or, of a network that learns none, the
    one that is trained with."""

    @property
    def source(self) -> NDArray[np.float32]:
        """(n, size, size, 3) in 0..1: what the network sees of the crops."""
        inside = slice(self.margin, self.crop.shape[1] - self.margin)
        return self.crop[:, inside, inside].astype(np.float32) / 255.0


Sides = dict[str, SideFaces]
"""Of a and b, as many faces of each."""


class Overlay(NamedTuple):
    """How a mask is laid over its face."""

    colour: tuple[int, int, int]
    """RGB."""
    opacity: float
    """0..1."""


def overlay(colour: str, opacity: float) -> Overlay:
    """From `#rrggbb` and per cent."""
    red, green, blue = bytes.fromhex(colour[1:])
    return Overlay((red, green, blue), opacity / 100.0)


# --- the three pictures ----------------------------------------------------------------------


def small(seen: Sides) -> Picture:
    """Two faces of A as A | A>A | A>B, below them two of B: 3 x 4 faces of 128 px."""
    parts = []
    for side, names in (("a", COLUMNS[:3]), ("b", COLUMNS[3:])):
        columns = [c[:ROWS] for c in (seen[side].source, seen[side].own, seen[side].swap)]
        parts += [labels(names), cells(columns)]
    return np.vstack(parts)


def whole(seen: Sides, iteration: int, how: Overlay) -> Picture:
    """All faces as they are, rebuilt, swapped and masked: A's left, B's right, those that are the
    same ones each time above the others."""
    size = cell_px(seen["a"])
    columns = [c for side in "ab" for c in (*ways(seen[side], size), masked(seen[side], how, size))]
    half = len(columns[0]) // 2
    return np.vstack(
        [
            text_line({0: f"iteration {iteration}: the same faces each time"}, 8 * size),
            labels(WHOLE_COLUMNS, size),
            table([column[:half] for column in columns]),
            text_line({0: "other faces each time"}, 8 * size),
            table([column[half:] for column in columns]),
        ]
    )


def strip(seen: Sides, iteration: int) -> Picture:
    """One frame of the time-lapse, of even width and height: A's faces left, B's right."""
    size = cell_px(seen["a"])
    columns = [column for side in "ab" for column in ways(seen[side], size)]
    title = text_line({0: f"iteration {iteration}"}, 6 * size)
    return np.vstack([title, labels(COLUMNS, size), table(columns)])


# --- faces -----------------------------------------------------------------------------------


def cell_px(seen: SideFaces) -> int:
    """Side of a face in the large pictures, px: even, and near the size that it is trained at."""
    return int(np.clip(seen.crop.shape[1], SMALL_PX, LARGEST_PX)) // 2 * 2


def ways(seen: SideFaces, size: int) -> list[list[Picture]]:
    """Columns of a side's faces: as they are, rebuilt, swapped, with the crop around them."""
    columns = [list(seen.crop)]
    for faces in (seen.own, seen.swap):
        pairs = zip(seen.crop, faces, strict=True)
        columns.append([put_in(crop, face, seen.margin) for crop, face in pairs])
    return [[cornered(fitted(face, size), seen) for face in column] for column in columns]


def masked(seen: SideFaces, how: Overlay, size: int) -> list[Picture]:
    """A column of a side's faces with their masks laid over them."""
    found = []
    for crop, mask in zip(seen.crop, seen.mask, strict=True):
        area = put_in(np.zeros(crop.shape[:2], np.uint8), mask, seen.margin)
        share = area[..., None].astype(np.float32) * (how.opacity / 255.0)
        tinted = crop * (1.0 - share) + np.array(how.colour) * share
        found.append(cornered(fitted(np.rint(tinted).astype(np.uint8), size), seen))
    return found


def put_in(crop: Picture, face: NDArray[np.float32], margin: int) -> Picture:
    """A crop with what was painted in the place that it was painted for."""
    size = crop.shape[0] - 2 * margin
    whole = crop.copy()
    whole[margin : margin + size, margin : margin + size] = fitted(face, size)
    return whole


def cornered(cell: Picture, seen: SideFaces) -> Picture:
    """A cell with marks at the corners of what the network sees and paints."""
    last = cell.shape[0] - 1
    low = round(seen.margin / seen.crop.shape[1] * last)
    for x, inwards in ((low, 1), (last - low, -1)):
        for y, down in ((low, 1), (last - low, -1)):
            arm = max(4, last // 16)
            cv2.line(cell, (x, y), (x + inwards * arm, y), INK, 1)
            cv2.line(cell, (x, y), (x, y + down * arm), INK, 1)
    return cell


def fitted(face: NDArray[np.float32] | Picture, size: int) -> Picture:
    """One face at a size of its own as 8 bits."""
    eight: Picture = face.astype(np.uint8) if face.dtype == np.uint8 else bits(face)
    kind = cv2.INTER_AREA if face.shape[0] > size else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(eight, (size, size), interpolation=kind), np.uint8)


def bits(face: NDArray[Any]) -> Picture:
    """0..1 as 0..255."""
    return np.rint(np.clip(face, 0.0, 1.0) * 255.0).astype(np.uint8)


# --- around them -----------------------------------------------------------------------------


def table(columns: list[list[Picture]]) -> Picture:
    """Columns of cells side by side."""
    return np.hstack([np.vstack(column) for column in columns])


def cells(columns: Sequence[NDArray[np.float32]]) -> Picture:
    """Columns of faces (n, size, size, 3) in 0..1 side by side, each 128 px."""
    return table([[fitted(face, SMALL_PX) for face in column] for column in columns])


def labels(names: list[str], size: int = SMALL_PX) -> Picture:
    """A line with a name over each column."""
    return text_line({number * size: name for number, name in enumerate(names)}, len(names) * size)


def text_line(texts: dict[int, str], width: int) -> Picture:
    """A line of texts by where they begin, px."""
    line = np.full((LABEL_PX, width, 3), BACKGROUND, np.uint8)
    for left, text in texts.items():
        at = (left + 4, LABEL_PX - 6)
        cv2.putText(line, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, INK, 1, cv2.LINE_AA)
    return line
