"""Barron's general robust loss with alpha 1 and c 1/255: nearly the absolute error, smooth at 0.

c (sqrt((d/c)^2 + 1) - 1) of the difference d; the factor c, which Barron doesn't have, brings it
to the scale of the other losses. Computed as c (d/c)^2 / (sqrt((d/c)^2 + 1) + 1), which is the
same and loses no digits of a small d.

Source: J. T. Barron, "A General and Adaptive Robust Loss Function", CVPR 2019, equation 1.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

MAP = True
C = 1.0 / 255.0
"""The difference around which the square becomes a line."""


def loss(truth: Any, predicted: Any) -> Any:
    """(n, size, size, 3)."""
    squares = tf.square((truth - predicted) / C)
    return C * squares / (tf.sqrt(squares + 1.0) + 1.0)
