"""Layers that the models share, in Keras' layouts, computed the way that is fastest here."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from engine.train.forms import (
    conv_by_blocks,
    conv_by_columns,
    doubled,
    enlarged,
    leaky,
    reflected,
)

COLUMNS_UP_TO_PX = 4
"""Without a GPU, convolutions whose output is no larger than this become one matrix product:
oneDNN reaches a third of its usual rate on such small maps."""
BLOCKS_UP_TO_FILTERS = 4
"""Without a GPU, convolutions of no more filters than this make 2x2 pixels at once: oneDNN reaches
a sixth of its usual rate with so few."""


class Conv(keras.layers.Layer):
    """A "same" convolution with bias and, with `leak`, max(x, leak x) behind it.

    Weights as Keras' Conv2D has them: kernel (k, k, in, out), by default from He's uniform
    distribution, and bias (out). With `reflect` the picture goes on mirrored beyond its edges;
    with `valid` it gets none: the kernel stays inside of it.
    """

    def __init__(
        self,
        filters: int,
        kernel: int,
        *,
        stride: int = 1,
        leak: float | None = None,
        bias: bool = True,
        initializer: Any = "he_uniform",
        reflect: bool = False,
        valid: bool = False,
        name: str,
    ) -> None:
        super().__init__(name=name)
        self.filters, self.side, self.stride, self.leak = filters, kernel, stride, leak
        self.use_bias, self.initializer = bias, initializer
        self.reflect, self.padded = reflect and not valid, reflect or valid
        self.by_columns = self.by_blocks = False

    def build(self, input_shape: Any) -> None:
        """Make the weights for an input of (n, height, width, channels)."""
        shape = (self.side, self.side, input_shape[-1], self.filters)
        self.kernel = self.add_weight(shape=shape, initializer=self.initializer, name="kernel")
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")
        if tf.config.list_physical_devices("GPU"):
            return
        self.by_columns = -(-input_shape[1] // self.stride) <= COLUMNS_UP_TO_PX
        few = self.filters <= BLOCKS_UP_TO_FILTERS and self.side in (1, 3, 5)
        even = self.stride == 1 and input_shape[1] % 2 == input_shape[2] % 2 == 0
        self.by_blocks = few and even and not (self.padded or self.by_columns)

    def call(self, x: Any) -> Any:
        """(n, h, w, in) to (n, h / stride, w / stride, out)."""
        kernel = tf.convert_to_tensor(self.kernel)
        if self.reflect:
            x = reflected(x, self.side, self.stride)
        if self.by_columns:
            y = conv_by_columns(x, kernel, self.stride, padded=self.padded)
        elif self.by_blocks:
            y = conv_by_blocks(x, kernel)
        else:
            y = tf.nn.conv2d(x, kernel, self.stride, "VALID" if self.padded else "SAME")
        bias = None if self.bias is None else tf.convert_to_tensor(self.bias)
        return leaky(y, self.leak, bias)


class Separable(keras.layers.Layer):
    """A "same" convolution of stride 2 in two parts: one of each channel by itself, then a sum over
    the channels at each pixel; bias and max(x, leak x) behind it.

    Weights as Keras' SeparableConv2D has them. Source: F. Chollet, "Xception", CVPR 2017.
    """

    def __init__(
        self, filters: int, kernel: int, *, leak: float | None, initializer: Any, name: str
    ) -> None:
        super().__init__(name=name)
        self.filters, self.side, self.leak = filters, kernel, leak
        self.initializer = initializer

    def build(self, input_shape: Any) -> None:
        """Make the weights for an input of (n, height, width, channels)."""
        inputs = input_shape[-1]
        self.depthwise = self.add_weight(
            shape=(self.side, self.side, inputs, 1),
            initializer=self.initializer,
            name="depthwise_kernel",
        )
        self.pointwise = self.add_weight(
            shape=(1, 1, inputs, self.filters),
            initializer=self.initializer,
            name="pointwise_kernel",
        )
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")

    def call(self, x: Any) -> Any:
        """(n, h, w, in) to (n, h / 2, w / 2, out)."""
        depthwise, pointwise, bias = (
            tf.convert_to_tensor(w) for w in (self.depthwise, self.pointwise, self.bias)
        )
        x = tf.nn.depthwise_conv2d(x, depthwise, [1, 2, 2, 1], "SAME")
        return leaky(tf.nn.conv2d(x, pointwise, 1, "VALID"), self.leak, bias)


class Leaky(keras.layers.Layer):
    """max(x, slope x)."""

    def __init__(self, slope: float, *, name: str) -> None:
        super().__init__(name=name)
        self.slope = slope

    def call(self, x: Any) -> Any:
        """Each number by itself."""
        return leaky(x, self.slope)


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
    """RGB to BGR or back, for networks that were defined on BGR; in the precision that comes, as
    a painted face is float32 whatever the rest computes in."""

    def __init__(self, **keras_own: Any) -> None:
        super().__init__(autocast=False, **keras_own)

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

    def __init__(self, *, name: str) -> None:
        super().__init__(name=name, dtype="float32")  # variances of half floats are coarse

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

    def __init__(self, *, name: str) -> None:
        super().__init__(name=name, dtype="float32")

    def call(self, x: Any) -> Any:
        """Values to 0..1."""
        return tf.sigmoid(tf.cast(x, tf.float32))


class Resize(keras.layers.Layer):
    """Bilinear enlargement, (n, h, w, c) to (n, scale h, scale w, c); pixels' centres at half."""

    def __init__(self, scale: int = 2, *, name: str) -> None:
        super().__init__(name=name)
        self.scale = scale

    def call(self, x: Any) -> Any:
        """Both ways at once."""
        return doubled(x) if self.scale == 2 else enlarged(x, self.scale)


class Alike(keras.initializers.Initializer):
    """A start that is equal for the scale² pixels that a shuffle makes of one ("ICNR").

    An upscale then begins as nearest-neighbour, without a checkerboard, and learns faster.
    Source: A. Aitken et al., "Checkerboard artifact free sub-pixel convolution", 2017.
    """

    def __init__(self, scale: int = 2, each: Any = None) -> None:
        self.scale = scale
        self.each = each or keras.initializers.HeUniform()

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """A kernel (k, k, in, scale² out); output channel = pixel x out + channel."""
        pixels = self.scale**2
        one = self.each((*shape[:-1], shape[-1] // pixels), dtype)
        return tf.tile(one, [1, 1, 1, pixels])
