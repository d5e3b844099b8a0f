"""The band that makes a picture a preview: what carries it is seen to be no finished file, and
needs neither mark nor record."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

WORDS = "PREVIEW"
SHARE, LEAST_PX = 14, 12
"""The band is the lowest 14th of a picture, and at least so high."""
GROUND, INK = (40, 40, 40), (240, 200, 60)
"""RGB."""


def with_band(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture (height, width, 3) of the same size, with the word along its whole lower edge."""
    banded = rgb.copy()
    height = min(len(rgb), max(LEAST_PX, len(rgb) // SHARE))
    band = banded[-height:]
    band[:] = GROUND
    scale = height / 30
    (wide, high), _ = cv2.getTextSize(WORDS, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    words = np.ascontiguousarray(band)
    for x in range(4, max(5, rgb.shape[1] - wide), 2 * wide):
        at = (x, (height + high) // 2)
        cv2.putText(words, WORDS, at, cv2.FONT_HERSHEY_SIMPLEX, scale, INK, 1, cv2.LINE_AA)
    band[:] = words
    return banded
