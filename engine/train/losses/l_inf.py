"""The largest absolute difference of a face: of each channel, then their mean. No map."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

MAP = False


def loss(truth: Any, predicted: Any) -> Any:
    """(n,)."""
    largest = tf.reduce_max(tf.abs(truth - predicted), axis=[1, 2])
    return tf.reduce_mean(largest, axis=1)
