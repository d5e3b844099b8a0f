"""Areas of a face that training weighs: the face's mask as the user wants its edge, eyes, mouth."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.faces.geometry import Matrix, Points, compose, resized, transform
from engine.faces.landmarks import LEFT_EYE, OUTER_LIPS, RIGHT_EYE
from engine.faces.masks import FINER

Mask = NDArray[np.uint8]

EYES, MOUTH = (RIGHT_EYE, LEFT_EYE), (OUTER_LIPS,)
"""Landmarks of each area: the hull of every part is in it."""
AREA_DILATION = 2.5
"""Per cent of the crop by which eyes and mouth reach beyond their landmarks."""
AREA_SOFTNESS = 16
"""Eyes and mouth fade out over this part of the crop: 1/16."""
BLUR_SIDE = 128
"""Side of the mask in which a blur is counted in pixels, whatever the crop's size."""


def area(parts: tuple[slice, ...], points: Points, to_crop: Matrix, side: int, size: int) -> Mask:
    """A side x side mask, 255 in the hull of each part of (68, 2) landmarks of a frame; `to_crop`
    leads from there to the mask's pixels.

    `size` is the crop's side in px, without the margins that `side` has.
    """
    fine = side * FINER
    large = transform(points, compose(resized(side, fine), to_crop))
    mask = np.zeros((fine, fine), np.uint8)
    for part in parts:
        hull = cv2.convexHull(np.rint(large[part]).astype(np.int32))
        cv2.fillConvexPoly(mask, hull, 255, cv2.LINE_AA)
    drawn = np.asarray(cv2.resize(mask, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    return blurred(dilated(drawn, size, AREA_DILATION), size // AREA_SOFTNESS)


def edged(mask: Mask, size: int, dilation: float, blur: float, threshold: int) -> Mask:
    """A face's mask, grown or shrunk, its edge blurred, then what is nearly 0 or 255 made so.

    `dilation` is per cent of the crop's side `size` (below 0 it shrinks), `blur` px of a kernel at
    128 px, `threshold` grey values of 255.
    """
    mask = blurred(dilated(mask, size, dilation), round(blur * size / BLUR_SIDE))
    low = np.where(mask < threshold, np.uint8(0), mask)
    return np.where(low > 255 - threshold, np.uint8(255), low)


def dilated(mask: Mask, size: int, percent: float) -> Mask:
    """Grown (below 0 shrunk) with an ellipse whose diameter is per cent of `size`."""
    diameter = round(abs(percent) / 100.0 * size)
    if diameter < 2:
        return mask
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (diameter, diameter))
    return np.asarray((cv2.dilate if percent > 0 else cv2.erode)(mask, kernel), np.uint8)


def blurred(mask: Mask, kernel: int) -> Mask:
    """Through a Gaussian kernel of that many px, made odd."""
    return np.asarray(cv2.GaussianBlur(mask, (kernel | 1, kernel | 1), 0), np.uint8)
