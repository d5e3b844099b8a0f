"""Directions in colour space along which distributions are matched, the same for every face."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SEED = 20050


@lru_cache(maxsize=4)
def rotations(count: int) -> NDArray[np.float64]:
    """(count, 3, 3) rotations drawn evenly, the first one none at all. Each row is a direction."""
    rng = np.random.default_rng(SEED)
    drawn = [np.linalg.qr(rng.normal(size=(3, 3)))[0] for _ in range(count - 1)]
    return np.stack([np.eye(3), *drawn])
