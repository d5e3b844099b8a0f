"""Powers below 1 that can be learnt through: their slope at 0 is finite."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def power(x: Any, exponent: float, least: float) -> Any:
    """x**exponent of x >= 0, a straight line from 0 up to `least`, where its slope would grow
    without bound."""
    curve = tf.maximum(x, least) ** exponent
    return tf.where(x > least, curve, x * least ** (exponent - 1.0))
