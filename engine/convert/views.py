"""A preview's picture: frames before and after, and their masks, labelled, with the band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.convert.request import View
from engine.faces.landmarks import Landmarks
from engine.train.montage import text_line
from engine.trust.band import with_band

WIDEST_PX, CELL_PX, CLOSE_PX = 1920, 960, 480
"""Most of the whole picture, of a frame in it, and of a frame's close-up."""
ROOM = 2.0
"""A close-up's side over the face's own."""
TINT, OPACITY = (80, 255, 80), 0.55
"""RGB and 0..1: how a mask is laid over its frame."""

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class BeforeAfter:
    """A frame as it was and as it is converted, upright and at its own size."""

    index: int
    """From 0."""
    before: Picture
    after: Picture
    mask: NDArray[np.float32]
    """(height, width): where the new faces are, 0..1."""
    faces: Sequence[Landmarks]
    """Of the frame as it is displayed."""

    def view(self, view: View) -> Picture:
        """One view of it."""
        if view == "mask":
            share = self.mask[..., None] * np.float32(OPACITY)
            tinted = self.before * (1.0 - share) + np.array(TINT, np.float32) * share
            return np.rint(tinted).astype(np.uint8)
        return self.before if view == "before" else self.after


def composed(frames: Sequence[BeforeAfter], views: Sequence[View], close: bool) -> Picture:
    """One frame: its views side by side. More: a column a frame, a line a view. The band lies over
    the lowest line."""
    pairs = [[(seen, view) for seen in frames] for view in views]
    if len(frames) == 1:
        pairs = [[pair for row in pairs for pair in row]]
    most = min(CLOSE_PX if close else CELL_PX, WIDEST_PX // len(pairs[0]))
    lines = []
    for row in pairs:
        cells = [_cell(seen, view, most, close) for seen, view in row]
        width = cells[0].shape[1]
        labels = {n * width: f"{view} {seen.index + 1}" for n, (seen, view) in enumerate(row)}
        lines += [text_line(labels, width * len(cells)), np.hstack(cells)]
    return with_band(np.vstack(lines))


def _cell(seen: BeforeAfter, view: View, most: int, close: bool) -> Picture:
    """A view at most so wide; a close-up is just so wide, a small frame isn't enlarged."""
    picture = seen.view(view)
    if close:
        top, left, side = around(seen.faces, *picture.shape[:2])
        picture = picture[top : top + side, left : left + side]
    width = most if close else min(most, picture.shape[1])
    height = max(1, round(picture.shape[0] * width / picture.shape[1]))
    how = cv2.INTER_AREA if width < picture.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (width, height), interpolation=how), np.uint8)


def around(faces: Sequence[Landmarks], height: int, width: int) -> tuple[int, int, int]:
    """Top, left and side of a square of the frame around its largest face."""
    low, high = max(
        ((f.points.min(0), f.points.max(0)) for f in faces), key=lambda ends: np.ptp(ends, 0).max()
    )
    side = int(min(max(16.0, ROOM * float((high - low).max())), height, width))
    x, y = (low + high) / 2.0 - side / 2.0
    return int(np.clip(y, 0, height - side)), int(np.clip(x, 0, width - side)), side
