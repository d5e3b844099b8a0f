"""The face's drawing under the target's colours along the mask's edge.

What is added is smooth inside and leads from edge to edge (Poisson image editing). Source:
P. Pérez, M. Gangnet and A. Blake, "Poisson Image Editing", SIGGRAPH 2003, equation 7.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.convert.colours import Picture, Weight

INSIDE = 0.5
"""Weight from which a pixel counts as inside the mask."""
COARSEST = 8
"""Side of the smallest of the grids that the membrane is worked out on, px."""
SWEEPS = 24


def matched(face: Picture, target: Picture, weight: Weight) -> Picture:
    """Face plus the membrane through the differences outside the mask."""
    inside = weight >= INSIDE
    inside[[0, -1]] = inside[:, [0, -1]] = False  # the crop's rim holds the membrane
    return face + membrane(np.asarray(target - face, np.float32), inside)


def membrane(values: Picture, inside: NDArray[np.bool_]) -> Picture:
    """`values` outside; inside the smoothest surface that meets them (Laplace's equation).

    From a coarse grid to a fine one: each is begun with what the one before came to.
    """
    side = min(values.shape[:2])
    if side > COARSEST and inside.any():
        half = (values.shape[1] // 2, values.shape[0] // 2)
        outside = (~inside).astype(np.float32)
        share = np.asarray(cv2.resize(outside, half, interpolation=cv2.INTER_AREA), np.float32)
        held = np.asarray(
            cv2.resize(values * outside[..., None], half, interpolation=cv2.INTER_AREA), np.float32
        )
        small = np.asarray(held / np.maximum(share, np.float32(1e-6))[..., None], np.float32)
        coarse = membrane(small, share < 1e-3)
        begun = cv2.resize(coarse, values.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        values = np.where(inside[..., None], begun, values).astype(np.float32)
    kernel = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4.0
    for _ in range(SWEEPS if inside.any() else 0):
        around = cv2.filter2D(values, -1, kernel, borderType=cv2.BORDER_REPLICATE)
        values = np.where(inside[..., None], around, values)
    return values
