"""Gradient magnitude similarity deviation: how unevenly the edges of two pictures agree. No map.

Of the luma, averaged over 2x2 pixels: magnitudes m of the gradient by Prewitt's filters, their
similarity (2 m_t m_p + c) / (m_t^2 + m_p^2 + c), and its standard deviation over the pixels.

Source: W. Xue, L. Zhang, X. Mou, A. C. Bovik, "Gradient Magnitude Similarity Deviation: A Highly
Efficient Perceptual Image Quality Index", IEEE TIP 23(2), 2014; c is 170 for values in 0..255.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from engine.train.losses._filters import along, area, band
from engine.train.losses._finite import power

MAP = False
LUMA = (0.299, 0.587, 0.114)
"""ITU-R BT.601."""
C = 170.0 / 255.0**2
SMOOTH, DIFFERENCE = np.full(3, 1.0 / 3.0), np.array([1.0, 0.0, -1.0])
LEAST = 1e-8
"""Squared magnitude and variance below which the root is a line."""


def loss(truth: Any, predicted: Any) -> Any:
    """(n,), of pictures of at least 6 px."""
    of_truth, of_predicted = magnitude(truth), magnitude(predicted)
    squares = of_truth * of_truth + of_predicted * of_predicted
    similarity = (2.0 * of_truth * of_predicted + C) / (squares + C)
    return power(tf.math.reduce_variance(similarity, axis=[1, 2, 3]), 0.5, LEAST)


def magnitude(pictures: Any) -> Any:
    """(n, size/2 - 2, size/2 - 2, 1): of the gradient, where the filter fits whole."""
    luma = tf.reduce_sum(pictures * tf.constant(LUMA), axis=-1, keepdims=True)
    size = luma.shape[1]
    half = area(size, size // 2)
    smooth, difference = (band(taps, size // 2) @ half for taps in (SMOOTH, DIFFERENCE))
    squares = [tf.square(along(luma, *m)) for m in ((smooth, difference), (difference, smooth))]
    return power(tf.add_n(squares), 0.5, LEAST)
