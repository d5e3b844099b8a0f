"""The mask that a swap is seen through, in the crop, with a soft edge that ends inside it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.faces.geometry import Matrix, Points
from engine.faces.masks import Packed, drawn_mask, mask_in, stored

MASK_SIZE = 256
"""Side of the mask in pixels, whatever the model's size: its edge is seen at the frame's."""
RIM = 0.03
"""Share of the crop's side over which the mask fades out at the crop's border."""
SIGMAS_ACROSS = 4.0
"""A Gaussian edge rises from 2 % to 98 % over four sigmas: that is its width here."""

Mask = NDArray[np.float32]


def face_mask(kind: str, points: Points, mesh: Points | None, to_crop: Matrix) -> Mask:
    """The face's area, 0..1, MASK_SIZE square; `to_crop` leads from frame pixels to the mask's."""
    area = drawn_mask(kind, points, mesh, to_crop, MASK_SIZE)
    return area.astype(np.float32) / np.float32(255.0)


def stored_mask(mask: Packed, to_crop: Matrix) -> Mask:
    """As `face_mask`, of a mask from faces.db. Raises `Damaged`."""
    return mask_in(*stored(*mask), to_crop, MASK_SIZE).astype(np.float32) / np.float32(255.0)


def soften(mask: Mask, erosion: float, blur: float) -> Mask:
    """Shrink (or grow) a mask, blur its edge, and let it end inside the crop.

    `erosion` and `blur` are per cent of the crop's side; negative erosion grows the mask.
    """
    side = mask.shape[0]
    radius = round(abs(erosion) / 100.0 * side)
    if radius:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        mask = (cv2.erode if erosion > 0 else cv2.dilate)(mask, kernel)
    sigma = blur / 100.0 * side / SIGMAS_ACROSS
    if sigma > 0:
        mask = cv2.GaussianBlur(mask, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    return (mask * rim(side)).astype(np.float32)


def rim(side: int) -> Mask:
    """1 inside a crop, falling to 0 at its outermost pixels, side x side."""
    distance = np.minimum(np.arange(side), np.arange(side)[::-1])
    ramp = np.clip(distance / max(1.0, RIM * side), 0.0, 1.0).astype(np.float32)
    return np.minimum.outer(ramp, ramp)


def blend(
    background: NDArray[np.float32], face: NDArray[np.float32], mask: Mask
) -> NDArray[np.float32]:
    """`face` over `background` through the mask; where it is 0 the background is untouched."""
    share = mask[:, :, None]
    return background + (face - background) * share
