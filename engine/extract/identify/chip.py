"""The face chip that dlib's recognition network looks at; needs no TensorFlow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.faces.geometry import INNER, MEAN_FACE, Points, invert, umeyama, warp

SIDE = 150
PADDING = 0.25

CHIP_POINTS = np.array([*range(27, 55), *range(60, 68)])
"""Landmarks that the chip is aligned by: no jaw, brows and lower outer lip."""

AXIS_SHIFT = 0.009873
"""dlib's own mean face lies this much left of ours, whose axis is x = 0.5."""


def chip(rgb: NDArray[np.uint8], points68: Points) -> NDArray[np.uint8]:
    """The (150, 150, 3) RGB chip of the face with these (68, 2) landmarks.

    Source: dlib's `get_face_chip_details` (Boost Software Licence 1.0).
    """
    mean = MEAN_FACE[CHIP_POINTS - INNER.start] - (AXIS_SHIFT, 0.0)
    aim = (mean + PADDING) / (1 + 2 * PADDING) * SIDE
    to_frame = umeyama(aim, np.asarray(points68)[CHIP_POINTS])
    return np.asarray(warp(rgb, invert(to_frame), SIDE, border=0), np.uint8)
