"""Normalisation layers that networks choose by name."""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf

from engine.train.inplace import put
from engine.train.replicas import mean_of_all

LEAST_DEVIATION = 1e-3
GROUPS = 32


def normalised(x: Any, kind: str, name: str) -> Any:
    """`x` behind the norm called `kind`; as it is for "none"."""
    return x if kind == "none" else LAYERS[kind](x.shape[-1], name)(x)


class InstanceNorm(keras.layers.Layer):
    """Each face to mean 0 and deviation 1 over rows, columns and channels together, then one
    scale and one offset for the whole of it.

    Where each channel has a mean of its own, see `StyleNorm`. Source: D. Ulyanov et al.,
    "Instance Normalization: The Missing Ingredient for Fast Stylization", 2016, in the form that
    networks of the trade were trained with.
    """

    def build(self, input_shape: Any) -> None:
        """Two numbers, whatever the input's shape."""
        self.gamma = self.add_weight(shape=(1,), initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=(1,), initializer="zeros", name="beta")

    def call(self, x: Any) -> Any:
        """(n, ...) to the same shape."""
        axes = list(range(1, len(x.shape)))
        gamma, beta = tf.convert_to_tensor(self.gamma), tf.convert_to_tensor(self.beta)
        return standardised(x, axes) * gamma + beta


class BatchNorm(keras.layers.Layer):
    """Each channel to mean 0 and deviation 1 over the batch in training, by the running figures
    else; then scaled and moved. One fused operation takes a third of the time of Keras' own.

    Source: S. Ioffe and C. Szegedy, "Batch Normalization", ICML 2015.
    """

    EPSILON = 1e-3
    SHARE = 0.01
    """How much of the running figures a batch replaces."""

    def build(self, input_shape: Any) -> None:
        """Make scale, offset and the running mean and variance."""
        shape = (input_shape[-1],)
        kept: dict[str, Any] = {"shape": shape, "autocast": False}
        self.gamma = self.add_weight(**kept, initializer="ones", name="gamma")
        self.beta = self.add_weight(**kept, initializer="zeros", name="beta")
        kept["trainable"] = False
        self.mean = self.add_weight(**kept, initializer="zeros", name="moving_mean")
        self.variance = self.add_weight(**kept, initializer="ones", name="moving_variance")

    def call(self, x: Any, training: bool = False) -> Any:
        """(n, h, w, c) or (n, c) to the same shape."""
        weights = (self.gamma, self.beta, self.mean, self.variance)
        scale, offset, mean, variance = (tf.convert_to_tensor(w) for w in weights)
        out = tf.raw_ops.FusedBatchNormV3(
            x=x if len(x.shape) == 4 else x[:, None, None],
            scale=scale,
            offset=offset,
            mean=mean,
            variance=variance,
            epsilon=self.EPSILON,
            exponential_avg_factor=self.SHARE,
            is_training=training,
        )
        if training:
            keep(self.mean, mean_of_all(out.batch_mean))
            keep(self.variance, mean_of_all(out.batch_variance))
        return out.y if len(x.shape) == 4 else out.y[:, 0, 0]


def keep(weight: Any, value: Any) -> None:
    """Give a layer's weight another value; Keras' own way where it only looks at shapes."""
    if hasattr(weight.value, "handle"):
        put(weight.value, value)
    else:
        weight.assign(value)


class StyleNorm(keras.layers.Layer):
    """Each channel of each face to mean 0 and deviation 1, then to the style's ("AdaIN").

    Source: X. Huang and S. Belongie, "Arbitrary Style Transfer in Real-time with Adaptive
    Instance Normalization", ICCV 2017.
    """

    def call(self, inputs: Any) -> Any:
        """Maps (n, h, w, c), offsets and scales (n, c) to maps of the same shape."""
        x, beta, gamma = inputs
        return standardised(x, [1, 2]) * gamma[:, None, None] + beta[:, None, None]


def standardised(inputs: Any, axes: list[int]) -> Any:
    """(x - mean) / (deviation + 0.001), in float32 whatever the rest computes in."""
    x = tf.cast(inputs, tf.float32)
    mean = tf.reduce_mean(x, axis=axes, keepdims=True)
    variance = tf.reduce_mean(tf.math.squared_difference(x, mean), axis=axes, keepdims=True)
    # The root's slope at 0 is no number; a flat map has that deviation.
    y = (x - mean) / (tf.sqrt(tf.maximum(variance, 1e-12)) + LEAST_DEVIATION)
    return tf.cast(y, inputs.dtype)


class PixelNorm(keras.layers.Layer):
    """x / sqrt(mean of x² over the last axis + 1e-6): a code of length 1 for each number.

    Source: T. Karras et al., "Progressive Growing of GANs", ICLR 2018, section 4.2.
    """

    def call(self, x: Any) -> Any:
        """(n, units) to the same shape."""
        wide = tf.cast(x, tf.float32)
        mean = tf.reduce_mean(tf.square(wide), axis=-1, keepdims=True)
        return tf.cast(wide * tf.math.rsqrt(mean + 1e-6), x.dtype)


def _batch(channels: int, name: str) -> Any:
    return BatchNorm(name=name)


def _group(channels: int, name: str) -> Any:
    """32 groups, fewer where the channels don't divide so."""
    groups = math.gcd(GROUPS, channels)
    return keras.layers.GroupNormalization(groups, epsilon=1e-6, name=name)


def _instance(channels: int, name: str) -> Any:
    return InstanceNorm(name=name)


def _layer(channels: int, name: str) -> Any:
    return keras.layers.LayerNormalization(name=name)


def _rms(channels: int, name: str) -> Any:
    return keras.layers.RMSNormalization(epsilon=1e-8, name=name)


LAYERS = {"batch": _batch, "group": _group, "instance": _instance, "layer": _layer, "rms": _rms}
