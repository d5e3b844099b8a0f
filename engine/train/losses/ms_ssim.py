"""1 - MS-SSIM: contrast and structure at five scales, luminance at the coarsest. No map.

The window is SSIM's, at a scale where it doesn't fit (the published form asks for 176 px) the
largest odd one that does. A mean below a small floor counts as that, since its power would not be
a number.

Source: Z. Wang, E. P. Simoncelli, A. C. Bovik, "Multi-scale structural similarity for image
quality assessment", Asilomar Conference on Signals, Systems and Computers, 2003.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from engine.train.losses._filters import along, area
from engine.train.losses.ssim import C1, WINDOW, compared

MAP = False
EXPONENTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Of each scale, the finest first."""
FLOOR = 1e-4


def loss(truth: Any, predicted: Any) -> Any:
    """(n,), of pictures of at least 16 px: the mean over the channels."""
    similarity = 1.0
    for scale, exponent in enumerate(EXPONENTS):
        if scale:
            truth, predicted = halved(truth), halved(predicted)
        values, product, squares = compared(truth, predicted, fitting(truth.shape[1]))
        if scale == len(EXPONENTS) - 1:
            values = values * (2.0 * product + C1) / (squares + C1)
        similarity *= tf.maximum(tf.reduce_mean(values, axis=[1, 2]), FLOOR) ** exponent
    return tf.reduce_mean(1.0 - similarity, axis=1)


def fitting(size: int) -> int:
    """Taps of the window at a scale of this size."""
    return min(WINDOW, size - 1 + size % 2)


def halved(pictures: Any) -> Any:
    """Means of 2x2 pixels; an odd last row and column is left out."""
    side = pictures.shape[1] // 2
    return along(pictures[:, : 2 * side, : 2 * side], area(2 * side, side))
