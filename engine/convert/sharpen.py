"""A little more edge on the predicted face: small models paint softly."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

RADIUS = 0.012
"""Sigma of the blur, as a share of the crop's side."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""ITU-R BT.601."""


def unsharp(face: NDArray[np.float32], amount: float) -> NDArray[np.float32]:
    """Unsharp mask of an RGB float32 0..1 crop; `amount` in per cent, 0 leaves it alone.

    Brightness alone is sharpened: a small model's colours are blotchy, and would become more so.
    """
    if amount <= 0:
        return face
    sigma = max(0.6, RADIUS * face.shape[0])
    light = face @ LUMA
    edges = light - cv2.GaussianBlur(light, (0, 0), sigma)
    return np.clip(face + edges[:, :, None] * np.float32(amount / 100.0), 0.0, 1.0)
