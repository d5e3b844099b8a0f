"""Changes of a variable inside a step: in one pass over its memory, where plain operations would
take three, and of one device's copy, where a variable has one on each of several."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def subtract(variable: Any, rate: Any, delta: Any) -> None:
    """Take `rate` (a scalar) times `delta` away from a float32 variable."""
    tf.raw_ops.ResourceApplyGradientDescent(var=variable.handle, alpha=rate, delta=delta)


def approach(variable: Any, target: Any, share: Any) -> None:
    """Move a float32 variable by `share` (0..1) of the way to `target`: a moving average."""
    subtract(variable, share, variable - target)


def put(variable: Any, value: Any) -> None:
    """Give a variable another value."""
    tf.raw_ops.AssignVariableOp(resource=variable.handle, value=tf.cast(value, variable.dtype))


def add(variable: Any, value: Any) -> Any:
    """Add to a variable; what it is then."""
    tf.raw_ops.AssignAddVariableOp(resource=variable.handle, value=tf.cast(value, variable.dtype))
    return variable.read_value()


def scalar(value: float = 0.0) -> Any:
    """A number that a training step counts or keeps; float32, as checkpoints hold nothing else."""
    return tf.Variable(value, dtype=tf.float32, trainable=False)
