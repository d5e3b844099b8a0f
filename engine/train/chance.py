"""Layers with randomness that a resumed training repeats: what they draw follows from the seed and
the iteration alone, so nothing of it needs saving."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from engine.train.inplace import put


class Chance(keras.layers.Layer):
    """A layer that does something random in training and nothing otherwise."""

    def __init__(self, *, name: str) -> None:
        super().__init__(name=name)
        # Not a weight: no checkpoint holds it, each step sets it.
        self.seed = tf.Variable([0, 0], dtype=tf.int32, trainable=False)

    def call(self, x: Any, training: bool = False) -> Any:
        """`x` changed, or as it is."""
        return self.changed(x) if training else x

    def changed(self, x: Any) -> Any:
        """What training sees of (n, ...)."""
        return x


class Dropout(Chance):
    """Numbers (with `spatial` whole channels) become 0 with chance `rate`, the others larger."""

    def __init__(self, rate: float, *, spatial: bool = False, name: str) -> None:
        super().__init__(name=name)
        self.rate, self.spatial = rate, spatial

    def changed(self, x: Any) -> Any:
        """The mean stays."""
        shape = tf.shape(x)
        if self.spatial:
            shape = tf.concat([shape[:1], [1] * (len(x.shape) - 2), shape[-1:]], axis=0)
        drawn = tf.random.stateless_uniform(shape, self.seed)
        kept = tf.cast(drawn >= self.rate, x.dtype) / (1.0 - self.rate)
        return x * tf.cast(kept, x.dtype)


class DropPath(Chance):
    """A branch becomes 0 for whole faces with chance `rate`, for the others larger.

    Source: G. Huang et al., "Deep Networks with Stochastic Depth", ECCV 2016.
    """

    def __init__(self, rate: float, *, name: str) -> None:
        super().__init__(name=name)
        self.rate = rate

    def changed(self, x: Any) -> Any:
        """The mean stays."""
        shape = [tf.shape(x)[0]] + [1] * (len(x.shape) - 1)
        kept = tf.random.stateless_uniform(shape, self.seed) >= self.rate
        return x * tf.cast(kept, x.dtype) / (1.0 - self.rate)


class Noise(Chance):
    """Normal noise is added."""

    def __init__(self, deviation: float = 1.0, *, name: str) -> None:
        super().__init__(name=name)
        self.deviation = deviation

    def changed(self, x: Any) -> Any:
        """Independent for each number."""
        drawn = tf.random.stateless_normal(tf.shape(x), self.seed, stddev=self.deviation)
        return x + tf.cast(drawn, x.dtype)


def reseed(layers: list[Chance], seed: int, iteration: Any) -> None:
    """Give each layer a seed of its own for this iteration (an int32 scalar)."""
    for number, layer in enumerate(layers):
        put(layer.seed, tf.stack([(seed + 7919 * (number + 1)) % 2**31, iteration]))
