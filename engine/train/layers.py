"""Layers that the models share, in Keras' layouts, computed the way that is fastest here."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

COLUMNS_UP_TO_PX = 4
"""Without a GPU, convolutions whose output is no larger than this become one matrix product:
oneDNN reaches a third of its usual rate on such small maps."""


class Conv(keras.layers.Layer):
    """A "same" convolution with bias and, with `leak`, max(x, leak x) behind it.

    Weights as Keras' Conv2D has them: kernel (k, k, in, out), by default from He's uniform
    distribution, and bias (out).
    """

    def __init__(
        self,
        filters: int,
        kernel: int,
        *,
        stride: int = 1,
        leak: float | None = None,
        initializer: Any = "he_uniform",
        name: str,
    ) -> None:
        super().__init__(name=name)
        self.filters, self.side, self.stride, self.leak = filters, kernel, stride, leak
        self.initializer = initializer
        self.by_columns = False

    def build(self, input_shape: Any) -> None:
        """Make the weights for an input of (n, height, width, channels)."""
        shape = (self.side, self.side, input_shape[-1], self.filters)
        self.kernel = self.add_weight(shape=shape, initializer=self.initializer, name="kernel")
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")
        small = -(-input_shape[1] // self.stride) <= COLUMNS_UP_TO_PX
        self.by_columns = small and not tf.config.list_physical_devices("GPU")

    def call(self, x: Any) -> Any:
        """(n, h, w, in) to (n, h / stride, w / stride, out)."""
        kernel = tf.convert_to_tensor(self.kernel)
        if self.by_columns:
            y = conv_by_columns(x, kernel, self.stride)
        else:
            y = tf.nn.conv2d(x, kernel, self.stride, "SAME")
        return leaky(tf.nn.bias_add(y, tf.convert_to_tensor(self.bias)), self.leak)


def leaky(x: Any, leak: float | None) -> Any:
    """max(x, leak x); Grappler gives up on the gradient of Keras' LeakyReLU."""
    return x if leak is None else tf.maximum(x, leak * x)


def conv_by_columns(x: Any, kernel: Any, stride: int) -> Any:
    """A "same" convolution as one matrix product: shifted slices joined along the channels.

    Sizes of `x` (n, h, w, in) but n must be known; kernel (k, k, in, out).
    """
    side, _, inputs, filters = kernel.shape
    height, width = x.shape[1:3]
    rows, columns = -(-height // stride), -(-width // stride)
    # TensorFlow's "same": the smaller half of the padding goes before.
    tall = max((rows - 1) * stride + side - height, 0)
    wide = max((columns - 1) * stride + side - width, 0)
    edges = [[0, 0], [tall // 2, tall - tall // 2], [wide // 2, wide - wide // 2], [0, 0]]
    x = tf.pad(x, edges)
    tall, wide = stride * (rows - 1) + 1, stride * (columns - 1) + 1
    slices = [
        x[:, dy : dy + tall : stride, dx : dx + wide : stride]
        for dy in range(side)
        for dx in range(side)
    ]
    flat = tf.reshape(tf.concat(slices, axis=-1), [-1, side * side * inputs])
    y = tf.matmul(flat, tf.reshape(kernel, [side * side * inputs, filters]))
    return tf.reshape(y, [-1, rows, columns, filters])


class PixelShuffle(keras.layers.Layer):
    """Depth to space: (n, h, w, scale² c) to (n, scale h, scale w, c)."""

    def __init__(self, *, scale: int = 2, name: str) -> None:
        super().__init__(name=name)
        self.scale = scale

    def call(self, x: Any) -> Any:
        """Move channels into pixels; channel index = (dy scale + dx) c + channel."""
        return tf.nn.depth_to_space(x, self.scale)


class SpaceToDepth(keras.layers.Layer):
    """The way back: (n, h, w, c) to (n, h / scale, w / scale, scale² c)."""

    def __init__(self, *, scale: int = 2, name: str) -> None:
        super().__init__(name=name)
        self.scale = scale

    def call(self, x: Any) -> Any:
        """Move pixels into channels."""
        return tf.nn.space_to_depth(x, self.scale)


class SwapColours(keras.layers.Layer):
    """RGB to BGR or back, for networks that were defined on BGR."""

    def call(self, x: Any) -> Any:
        """Reverse the last axis."""
        return tf.reverse(x, axis=[-1])


class FaceLight(keras.layers.Layer):
    """Each face at one light and contrast, grey around it, so that the code can't tell sides by
    their cameras and rooms: per channel (x - mean) / deviation inside a soft ellipse, 0 outside.
    """

    CENTRE, RADII = (0.50, 0.53), (0.46, 0.48)
    """Of the ellipse across and down, as shares of the picture's side."""
    EDGE = 0.08
    LEAST_VARIANCE = 1e-3
    SCALE = 0.5

    def build(self, input_shape: Any) -> None:
        """Draw the ellipse for an input of (n, size, size, 3)."""
        place = (np.arange(input_shape[1]) + 0.5) / input_shape[1]
        across = ((place - self.CENTRE[0]) / self.RADII[0]) ** 2
        down = ((place - self.CENTRE[1]) / self.RADII[1]) ** 2
        distance = down[:, None] + across[None, :]
        inside = np.clip((1.0 + self.EDGE - distance) / (2 * self.EDGE), 0.0, 1.0)
        self.ellipse = inside.astype(np.float32)[None, :, :, None]

    def call(self, x: Any) -> Any:
        """(n, size, size, 3) in 0..1 to the same shape, about -1..1."""
        share = tf.constant(self.ellipse / self.ellipse.sum())
        mean = tf.reduce_sum(x * share, axis=[1, 2], keepdims=True)
        variance = tf.reduce_sum(tf.square(x - mean) * share, axis=[1, 2], keepdims=True)
        scale = tf.math.rsqrt(variance + self.LEAST_VARIANCE) * self.SCALE
        return (x - mean) * scale * tf.constant(self.ellipse)


class Sigmoid(keras.layers.Layer):
    """The output's sigmoid, in float32 whatever the rest computes in."""

    def call(self, x: Any) -> Any:
        """Values to 0..1."""
        return tf.sigmoid(tf.cast(x, tf.float32))


class Alike(keras.initializers.Initializer):
    """He's uniform distribution, equal for the scale² pixels that a shuffle makes of one.

    An upscale then begins as nearest-neighbour, without a checkerboard, and learns faster.
    Source: A. Aitken et al., "Checkerboard artifact free sub-pixel convolution", 2017 ("ICNR").
    """

    def __init__(self, scale: int = 2) -> None:
        self.scale = scale

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """A kernel (k, k, in, scale² out); output channel = pixel x out + channel."""
        pixels = self.scale**2
        one = keras.initializers.HeUniform()((*shape[:-1], shape[-1] // pixels), dtype)
        return tf.tile(one, [1, 1, 1, pixels])


def upscale(
    x: Any, filters: int, name: str, leak: float | None = 0.1, initializer: Any = "he_uniform"
) -> Any:
    """Twice the size: convolution of 4 x filters, leak, pixel shuffle (the trade's "subpixel").

    Source: W. Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient
    Sub-Pixel Convolutional Neural Network", CVPR 2016.
    """
    x = Conv(filters * 4, 3, leak=leak, initializer=initializer, name=name)(x)
    return PixelShuffle(name=f"{name}_shuffle")(x)
