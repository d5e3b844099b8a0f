"""Figures of one swapped face against the source's face at the same place: pure functions.

Pictures are RGB float32 0..255 crops of the same place of both films, (side, side, 3), turned for
display; masks are 0..1, (side, side), as the swap is seen through them.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.faces.geometry import INNER, align

Picture = NDArray[np.float32]
Mask = NDArray[np.float32]

INSIDE = 0.5
"""What the mask shows more of the swap than of the source."""
OUTSIDE = 0.02
LEAST_SLOPE = 1e-3
"""Of the mask a pixel: below it is no edge."""
GRAIN = 1.0
"""Added to variances, in levels squared, so that flat pictures divide."""


def pose_error(source: NDArray[np.float32], swap: NDArray[np.float32]) -> float:
    """Degrees between the poses of (68, 2) landmarks: the length of yaw, pitch and roll's
    difference."""
    turned = np.subtract(align(swap).pose, align(source).pose)
    return float(np.linalg.norm((turned + 180.0) % 360.0 - 180.0))


def shape_change(source: NDArray[np.float32], swap: NDArray[np.float32]) -> NDArray[np.float64]:
    """(51, 2) by which the inner landmarks of the swap lie elsewhere on the face, in percent of
    the face's size; place, size and roll are taken out."""
    change = align(swap).normalised[INNER] - align(source).normalised[INNER]
    return 50.0 * np.asarray(change, np.float64)  # the unit square is half of the face


def expression_errors(changes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Percent of the face's size (n,) by which expressions differ, of the `shape_change`s (n, 51,
    2) of one clip: the mean distance that is left when their median is taken off.

    What differs in all frames alike is the new person's face, not an expression.
    """
    left = changes - np.median(changes, axis=0)
    return np.asarray(np.linalg.norm(left, axis=2).mean(1), np.float64)


def flicker(
    source: tuple[Picture, Picture], swap: tuple[Picture, Picture], mask: Mask
) -> float | None:
    """Levels of 255 by which the swap changes more than the source does from a frame to the next:
    the mean absolute difference inside the mask, less the source's. Both pictures of a pair are
    aligned by the face's landmarks. None for an empty mask."""
    inside = mask > INSIDE
    if not inside.any():
        return None
    changes = [float(np.abs(b[inside] - a[inside]).mean()) for a, b in (swap, source)]
    return changes[0] - changes[1]


def edge_step(source: Picture, swap: Picture, mask: Mask) -> float | None:
    """Levels of 255 that are crossed along the mask's border, more than the source has there.

    The slope of the brightness across the border, of its absolute value, summed up and divided by
    the border's length, which is the sum of the mask's own slope (coarea formula). A face of one
    brightness that is `d` levels lighter than its surroundings has a step of `d`, however soft
    the edge. None for a mask without an edge.
    """
    down, right = (np.asarray(rise) for rise in np.gradient(mask))
    slope: NDArray[np.float64] = np.hypot(down, right).astype(np.float64)
    edge = slope > LEAST_SLOPE
    length = float(slope[edge].sum())
    if not length:
        return None
    across = (down[edge] / slope[edge], right[edge] / slope[edge])

    def crossed(picture: Picture) -> float:
        rise = np.gradient(_grey(picture))
        return float(np.abs(rise[0][edge] * across[0] + rise[1][edge] * across[1]).sum())

    return (crossed(swap) - crossed(source)) / length


def sharpness(source: Picture, swap: Picture, mask: Mask) -> float | None:
    """How sharp the face is against its surroundings, as a share of the same in the source: 1 is
    as sharp, below is blurred.

    Sharpness is the root of the variance of the Laplacian. The surroundings take out what
    encoding has cost the whole picture. None where the mask leaves neither.
    """
    inside, around = mask > INSIDE, mask < OUTSIDE
    if not (inside.any() and around.any()):
        return None
    now, before = (cv2.Laplacian(_grey(p), cv2.CV_32F) for p in (swap, source))

    def ratio(area: NDArray[np.bool_]) -> float:
        return float((now[area].var() + GRAIN) / (before[area].var() + GRAIN))

    return float(np.sqrt(ratio(inside) / ratio(around)))


def _grey(picture: Picture) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)
