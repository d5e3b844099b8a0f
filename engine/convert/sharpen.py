"""A little more edge on the predicted face: small models paint softly."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

RADIUS = 0.012
"""Sigma of the blur, as a share of the crop's side."""


def unsharp(face: NDArray[np.float32], amount: float) -> NDArray[np.float32]:
    """Unsharp mask of an RGB float32 0..1 crop; `amount` in per cent, 0 leaves it alone."""
    if amount <= 0:
        return face
    sigma = max(0.6, RADIUS * face.shape[0])
    soft = cv2.GaussianBlur(face, (0, 0), sigma)
    return np.clip(face + (face - soft) * np.float32(amount / 100.0), 0.0, 1.0)
