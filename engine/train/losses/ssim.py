"""(1 - SSIM) / 2 with an 11x11 Gaussian window of sigma 1.5, where the window fits whole.

Source: Z. Wang et al., "Image quality assessment: from error visibility to structural
similarity", IEEE TIP 13(4), 2004.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from engine.train.losses._filters import along, band, gaussian

MAP = True
WINDOW = 11
SIGMA = 1.5
C1, C2 = 0.01**2, 0.03**2


def loss(truth: Any, predicted: Any) -> Any:
    """(n, size - 10, size - 10, 3), of pictures of at least 11 px."""
    return (1.0 - similarity(truth, predicted)) / 2.0


def similarity(truth: Any, predicted: Any) -> Any:
    """SSIM of each pixel and channel, (n, size - 10, size - 10, 3)."""
    structure, product, squares = compared(truth, predicted, WINDOW)
    return structure * (2.0 * product + C1) / (squares + C1)


def compared(truth: Any, predicted: Any, window: int) -> tuple[Any, Any, Any]:
    """Contrast and structure of each pixel; the product of both means; the sum of their squares.

    The Gaussian window has an odd number of taps and must fit whole.
    """
    moments = tf.concat(
        [truth, predicted, truth * truth + predicted * predicted, truth * predicted], axis=-1
    )
    blurred = along(moments, band(gaussian(window, SIGMA), moments.shape[1]))
    mean_t, mean_p, squares, product = tf.split(blurred, 4, axis=-1)
    means_squared = mean_t * mean_t + mean_p * mean_p
    means_product = mean_t * mean_p
    structure = (2.0 * (product - means_product) + C2) / (squares - means_squared + C2)
    return structure, means_product, means_squared
