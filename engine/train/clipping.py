"""Limits on gradients, so that one bad batch can't throw a training off.

Source of AutoClip: P. Seetharaman et al., "AutoClip: Adaptive Gradient Clipping for Source
Separation Networks", MLSP 2020.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import tensorflow as tf

from engine.train.inplace import put, scalar

EMPTY = -1.0
"""A place of the history that no norm has filled yet."""


class Clipping(msgspec.Struct, frozen=True):
    """What is limited and by how much."""

    kind: Literal["none", "value", "norm", "global_norm", "autoclip"] = "none"
    """`value` limits every number, `norm` the length of each weight's gradient, `global_norm` that
    of all together, `autoclip` the same to a percentile of what it was so far."""
    limit: float = 1.0
    """Of `value`, `norm` and `global_norm`; above 0."""
    percentile: float = 10.0
    """Of `autoclip`, 0..100."""
    history: int = 10_000
    """Norms that `autoclip` remembers; 1 and more."""


class Clipper:
    """Limits the gradients of a step; `state` is what AutoClip remembers."""

    def __init__(self, how: Clipping) -> None:
        self.how = how
        self.state: dict[str, Any] = {}
        if how.kind == "autoclip":
            empty = tf.fill([how.history], EMPTY)
            self.state["clip_history"] = tf.Variable(empty, trainable=False)
            self.state["clip_place"] = scalar()

    def clip(self, gradients: list[Any]) -> list[Any]:
        """The gradients within the limit."""
        match self.how.kind:
            case "value":
                return [tf.clip_by_value(g, -self.how.limit, self.how.limit) for g in gradients]
            case "norm":
                return [shorten(g, tf.norm(g), self.how.limit) for g in gradients]
            case "global_norm":
                norm = tf.linalg.global_norm(gradients)
                return [shorten(g, norm, self.how.limit) for g in gradients]
            case "autoclip":
                norm = tf.linalg.global_norm(gradients)
                limit = self._usual(norm)
                return [shorten(g, norm, limit) for g in gradients]
        return gradients

    def _usual(self, norm: Any) -> Any:
        """Remember a norm; the percentile of all that are remembered. One that is no number would
        spoil the history and is left out."""
        history, place = self.state["clip_history"], self.state["clip_place"]
        at = tf.cast(place, tf.int32)
        finite = tf.math.is_finite(norm)
        tf.raw_ops.ResourceScatterUpdate(
            resource=history.handle, indices=at, updates=tf.where(finite, norm, history[at])
        )
        put(place, tf.where(finite, (place + 1.0) % self.how.history, place))
        return percentile(history, self.how.percentile)


def shorten(gradient: Any, norm: Any, limit: Any) -> Any:
    """A gradient whose length, or that of all it belongs to, is `norm`, made `limit` at most."""
    return gradient * tf.math.divide_no_nan(limit, tf.maximum(norm, limit))


def percentile(history: Any, q: float) -> Any:
    """The percentile of what is filled of a history, between two entries in proportion."""
    ordered = tf.sort(history)
    size = ordered.shape[0]
    filled = tf.reduce_sum(tf.cast(ordered >= 0.0, tf.float32))
    place = tf.maximum(filled - 1.0, 0.0) * (q / 100.0)
    first = size - tf.cast(filled, tf.int32) + tf.cast(tf.floor(place), tf.int32)
    below, above = (ordered[tf.clip_by_value(first + i, 0, size - 1)] for i in (0, 1))
    return below + (above - below) * (place - tf.floor(place))
