"""Brightness, contrast, saturation and the balance of channels of the new face, set by hand."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""ITU-R BT.601."""
MIDDLE = np.float32(0.5)


class Balance(NamedTuple):
    """Each -100..100 per cent; 0 changes nothing."""

    brightness: float = 0.0
    """Added, as a share of full white."""
    contrast: float = 0.0
    """How much farther from middle grey."""
    saturation: float = 0.0
    """How much farther from grey of the same brightness."""
    red: float = 0.0
    green: float = 0.0
    blue: float = 0.0
    """How much stronger a channel is."""


def balanced(face: NDArray[np.float32], balance: Balance) -> NDArray[np.float32]:
    """An RGB float32 0..1 picture, changed in this order: channels, saturation, contrast,
    brightness."""
    if balance == Balance():
        return face
    gains = 1.0 + np.array([balance.red, balance.green, balance.blue], np.float32) / 100.0
    picture = face * gains
    grey = (picture @ LUMA)[..., None]
    picture = grey + (picture - grey) * np.float32(1.0 + balance.saturation / 100.0)
    picture = MIDDLE + (picture - MIDDLE) * np.float32(1.0 + balance.contrast / 100.0)
    picture = picture + np.float32(balance.brightness / 100.0)
    return np.asarray(np.clip(picture, 0.0, 1.0), np.float32)
