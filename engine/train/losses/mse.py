"""Mean squared error: (truth - predicted)^2, a map."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

MAP = True


def loss(truth: Any, predicted: Any) -> Any:
    """(n, size, size, channels) of pictures or masks."""
    return tf.math.squared_difference(truth, predicted)
