"""Aligners: one network a file, each with a class `Aligner(presence)` to call on a detection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Landmarks:
    """Points on a face, in frame pixels."""

    points: NDArray[np.float32]
    """(68, 2)."""
    mesh: NDArray[np.float32] | None
    """(468, 2) where the aligner knows them."""
