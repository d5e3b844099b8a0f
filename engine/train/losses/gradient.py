"""Difference of the pixels' gradients: squares of first and second derivatives, a map.

Half the sum of dx^2, dy^2, dxx^2, dyy^2 and 2 dxy^2 of the difference of the pictures, all central
differences: edges that are soft, lost or ringing cost, an even shift of colour doesn't.

Source: M. Mathieu, C. Couprie, Y. LeCun, "Deep multi-scale video prediction beyond mean square
error", ICLR 2016, for the gradient difference; the second derivatives are the squared Frobenius
norm of the Hessian.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

MAP = True


def loss(truth: Any, predicted: Any) -> Any:
    """(n, size - 2, size - 2, 3)."""
    difference = truth - predicted
    size = difference.shape[1]

    def at(y: int, x: int) -> Any:
        return difference[:, 1 + y : size - 1 + y, 1 + x : size - 1 + x]

    middle, left, right, above, below = (
        at(*place) for place in ((0, 0), (0, -1), (0, 1), (-1, 0), (1, 0))
    )
    first = tf.square(right - left) + tf.square(below - above)
    second = tf.square(right + left - 2.0 * middle) + tf.square(below + above - 2.0 * middle)
    mixed = tf.square(at(1, 1) + at(-1, -1) - at(1, -1) - at(-1, 1))
    return (first / 4.0 + second + mixed / 8.0) * 0.5
