"""Where a video cuts from one shot to the next.

A cut changes the whole picture at once: the difference of two neighbouring frames stands out both
by itself and from those around it. Source of the adaptive threshold: B. Castellano, PySceneDetect,
"AdaptiveDetector" (its documentation); the figures are our own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.media.read import FrameReader

SMALL = (64, 36)
"""Pixels that a frame is reduced to."""
LEAST = 8.0
"""Grey values by which two frames differ at least at a cut, on average."""
TIMES = 3.0
"""Times the mean difference around it."""
AROUND = 5
"""Frames to each side that are around one."""
APART = 5
"""Frames that a shot has at least: a flash is no shot."""


def cuts_of(path: Path) -> list[int]:
    """Indices of the frames that begin a new shot, the first frame not among them."""
    with FrameReader(path) as reader:
        return cuts_in(differences(small(frame) for _, _, frame in reader.raw()))


def small(frame: Any) -> NDArray[np.uint8]:
    """A decoded frame's brightness and colours, few pixels."""
    reduced = frame.reformat(width=SMALL[0], height=SMALL[1], format="yuv444p", threads=1)
    return np.asarray(reduced.to_ndarray(), np.uint8)


def differences(pictures: Iterable[NDArray[np.uint8]]) -> list[float]:
    """For each picture the mean difference to the one before it; 0 for the first."""
    found: list[float] = []
    before: NDArray[np.uint8] | None = None
    for picture in pictures:
        found.append(0.0 if before is None else float(cv2.absdiff(picture, before).mean()))
        before = picture
    return found


def cuts_in(differences: Sequence[float]) -> list[int]:
    """Where differences stand out."""
    cuts: list[int] = []
    for index in range(1, len(differences)):
        start, stop = max(1, index - AROUND), index + AROUND + 1
        around = [*differences[start:index], *differences[index + 1 : stop]]
        usual = sum(around) / len(around) if around else 0.0
        stands_out = differences[index] >= max(LEAST, TIMES * usual)
        if stands_out and index - (cuts[-1] if cuts else 0) >= APART:
            cuts.append(index)
    return cuts
