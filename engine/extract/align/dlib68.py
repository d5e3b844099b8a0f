"""dlib's shape predictor: 68 points by regression trees, for faces seen from the front."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from engine import packs
from engine.errors import NotPossible
from engine.extract.detect import Detection
from engine.extract.networks import Network
from engine.faces.geometry import Matrix, Points, invert, transform, warp
from engine.faces.landmarks import LEFT_EYE, RIGHT_EYE, Landmarks
from engine.faces.normalise import normaliser
from engine.settings import ExtractSettings

SIDE = 256
FACE = 128
"""Side of the square in the middle of the crop that the predictor is told to look at: it takes
pixels from around it too."""
PASSES = 2
"""The second square comes from the first pass's points, so that the detector matters less."""

OF_BOX = 0.95
"""Side of the square that dlib's own detector finds, over the longer side of our detector's box,
which has the same centre (mean of 46 frames)."""
OF_POINTS, ABOVE = 1.04, 0.08
"""The same over the longer side of the box around the points, and by how much of that side the
square's centre lies above the box's."""


class Aligner(Network):
    """Finds the points of detected faces. It sees points in anything: it never says "no face".

    Source: V. Kazemi and J. Sullivan, "One millisecond face alignment with an ensemble of
    regression trees", CVPR 2014. Shared for its size: 100 MB, and dlib holds Python's own lock.
    """

    name = "dlib68"
    shared = True

    def __init__(self, settings: ExtractSettings) -> None:
        """Raises `NotPossible` without dlib, `ModelMissing` or `BadInput` without its weights."""
        self._dlib = _dlib()
        self._predictor = self._dlib.shape_predictor(str(packs.find("dlib-68")))
        self._even = normaliser(settings.normalise)
        self._lock = Lock()
        start = (SIDE - FACE) // 2
        self._square = self._dlib.rectangle(start, start, start + FACE - 1, start + FACE - 1)

    def __call__(
        self, faces: Sequence[tuple[NDArray[np.uint8], Detection]]
    ) -> list[Landmarks | None]:
        """The points of each detected face."""
        with self._lock:
            return [Landmarks(self._points(rgb, detection), None) for rgb, detection in faces]

    def _points(self, rgb: NDArray[np.uint8], detection: Detection) -> NDArray[np.float32]:
        box = np.array(detection.box).reshape(2, 2)
        points = self._once(rgb, crop_to_box(box, detection.eye_line))
        for _ in range(PASSES - 1):
            points = self._once(rgb, crop_to_points(points))
        return points

    def _once(self, rgb: NDArray[np.uint8], matrix: Matrix) -> NDArray[np.float32]:
        """(68, 2) in the frame, seen in a crop."""
        crop = np.ascontiguousarray(self._even(warp(rgb, matrix, SIDE)))
        parts = self._predictor(crop, self._square).parts()
        return transform(np.array([(p.x, p.y) for p in parts], np.float64), invert(matrix))


def _dlib() -> ModuleType:
    try:
        import dlib
    except ImportError as error:
        raise NotPossible(
            "The aligner 'dlib68' needs dlib, which is not installed: install fstui with the extra "
            "'dlib' (pip install 'fstui[dlib]'), or choose another aligner."
        ) from error
    return dlib


def crop_to_box(box: NDArray[np.floating], eye_line: NDArray[np.floating]) -> Matrix:
    """2x3, frame to crop: upright by the eyes, with the square that belongs to a box (2, 2)."""
    angle = float(np.arctan2(eye_line[1], eye_line[0]))
    return _crop(box.mean(0), OF_BOX * float(np.ptp(box, axis=0).max()), _turn(angle))


def crop_to_points(points: Points) -> Matrix:
    """2x3, frame to crop: upright by the eyes, with the square that belongs to points (68, 2)."""
    across = points[LEFT_EYE].mean(0) - points[RIGHT_EYE].mean(0)
    turn = _turn(float(np.arctan2(across[1], across[0])))
    turned = points @ turn.T
    side = float(np.ptp(turned, axis=0).max())
    centre = (turned.min(0) + turned.max(0)) / 2 - (0.0, ABOVE * side)
    return _crop(centre @ turn, OF_POINTS * side, turn)


def _turn(angle: float) -> NDArray[np.float64]:
    """(2, 2) that makes a line at this angle level."""
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def _crop(centre: NDArray[np.floating], side: float, turn: NDArray[np.float64]) -> Matrix:
    linear = FACE / max(side, 1.0) * turn
    return np.column_stack([linear, SIDE / 2 - 0.5 - linear @ centre])
