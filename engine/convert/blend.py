"""The mask that a swap is seen through, in the crop; its edge is `engine.convert.edge`'s."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.faces.geometry import Matrix, Points
from engine.faces.masks import Packed, drawn_mask, mask_in, stored

MASK_SIZE = 256
"""Side of the mask in pixels, whatever the model's size: its edge is seen at the frame's."""
Mask = NDArray[np.float32]


def face_mask(kind: str, points: Points, mesh: Points | None, to_crop: Matrix) -> Mask:
    """The face's area, 0..1, MASK_SIZE square; `to_crop` leads from frame pixels to the mask's."""
    area = drawn_mask(kind, points, mesh, to_crop, MASK_SIZE)
    return area.astype(np.float32) / np.float32(255.0)


def stored_mask(mask: Packed, to_crop: Matrix) -> Mask:
    """As `face_mask`, of a mask from faces.db. Raises `Damaged`."""
    return mask_in(*stored(*mask), to_crop, MASK_SIZE).astype(np.float32) / np.float32(255.0)
