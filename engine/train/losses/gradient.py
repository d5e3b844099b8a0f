"""Difference of the pixels' gradients: squares of first and second derivatives, a map.

Half the sum of dx^2, dy^2, dxx^2, dyy^2 and 2 dxy^2 of the difference of the pictures, all central
differences: edges that are soft, lost or ringing cost, an even shift of colour doesn't.

Source: M. Mathieu, C. Couprie, Y. LeCun, "Deep multi-scale video prediction beyond mean square
error", ICLR 2016, for the gradient difference; the second derivatives are the squared Frobenius
norm of the Hessian.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from engine.train.losses._filters import along, band

MAP = True
SAME = np.array([0.0, 1.0, 0.0])
FIRST = np.array([-0.5, 0.0, 0.5])
SECOND = np.array([1.0, -2.0, 1.0])
DERIVATIVES = ((SAME, FIRST, 1.0), (FIRST, SAME, 1.0), (SAME, SECOND, 1.0), (SECOND, SAME, 1.0),
               (FIRST, FIRST, 2.0))  # fmt: skip
"""Taps down and across, and how often each counts."""


def loss(truth: Any, predicted: Any) -> Any:
    """(n, size - 2, size - 2, 3)."""
    difference = truth - predicted
    size = difference.shape[1]
    squares = [
        count * tf.square(along(difference, band(down, size), band(across, size)))
        for down, across, count in DERIVATIVES
    ]
    return tf.add_n(squares) * 0.5
