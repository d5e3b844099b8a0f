"""Boxes around faces (left, top, right, bottom) and when two of them are the same face."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SAME_FACE = 0.5
"""Boxes of one frame that share more than this of their union are the same face."""

Box = tuple[float, float, float, float]


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    common = max(0.0, wide) * max(0.0, high)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common
    return common / union if union > 0 else 0.0


def around(points: NDArray[np.float32]) -> Box:
    """The box around (n, 2) points."""
    (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
    return left, top, right, bottom
