"""The blocks that networks are made of, as functions of a Keras graph.

Where a network says nothing else: convolutions start from He's uniform distribution, a leak is
max(x, slope x), padding is zeros as TensorFlow's "same" has it. `Style` changes that for a whole
network, once, when it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from engine.train.initial import ConvAware
from engine.train.layers import (
    Alike,
    Conv,
    Leaky,
    PixelShuffle,
    Resize,
    Separable,
    Sigmoid,
    SwapColours,
)
from engine.train.norms import normalised
from engine.train.style import Style

NORMAL = keras.initializers.RandomNormal(0.0, 0.02)
"""The start of the networks that descend from OriginalHighRes."""
SMALL = keras.initializers.VarianceScaling(0.2, "fan_in", "uniform")
"""The start of a residual block's second convolution: the block begins near the identity."""


class Blocks:
    """Makes blocks in one style; each call adds layers to the graph that `x` belongs to."""

    def __init__(self, style: Style | None = None) -> None:
        self.style = style or Style()

    @property
    def learn_mask(self) -> bool:
        """Whether decoders have a mask branch."""
        return self.style.learn_mask

    def picture(self, size: int) -> tuple[Any, Any]:
        """The graph's input of RGB faces in 0..1, and the same as BGR, which the networks of the
        trade were defined on."""
        inputs = keras.Input((size, size, 3), name="face")
        return inputs, SwapColours(name="to_bgr")(inputs)

    def conv(
        self,
        x: Any,
        filters: int,
        kernel: int = 5,
        *,
        stride: int = 2,
        leak: float | None = 0.1,
        bias: bool = True,
        norm: bool = False,
        initializer: Any = "he_uniform",
        name: str,
    ) -> Any:
        """Convolution with bias and leak: 5x5 of stride 2 halves the size; with `norm` an instance
        norm before the leak."""
        x = Conv(
            filters,
            kernel,
            stride=stride,
            leak=None if norm else leak,
            bias=bias,
            initializer=self.beginning(initializer),
            reflect=self.style.reflect_padding,
            name=name,
        )(x)
        return self.normed(x, leak, name) if norm else x

    def convs(self, x: Any, filters: Sequence[int], **how: Any) -> Any:
        """Convolutions `conv_1`, `conv_2`, ... that each halve the size."""
        for number, count in enumerate(filters, 1):
            x = self.conv(x, count, name=f"conv_{number}", **how)
        return x

    def separable(
        self,
        x: Any,
        filters: int,
        name: str,
        *,
        kernel: int = 5,
        leak: float = 0.0,
        norm: bool = False,
        initializer: Any = "glorot_uniform",
    ) -> Any:
        """A convolution of each channel by itself that halves the size, one of 1x1 across them,
        bias and leak."""
        x = Separable(
            filters, kernel, leak=None if norm else leak, initializer=initializer, name=name
        )(x)
        return self.normed(x, leak, name) if norm else x

    def normed(self, x: Any, leak: float | None, name: str) -> Any:
        """Instance norm of one scale for the whole map, then the leak."""
        x = normalised(x, "instance", f"{name}_norm")
        return x if leak is None else self.leak(x, leak, f"{name}_leak")

    def beginning(self, initializer: Any) -> Any:
        """What a convolution starts from that asks for `initializer`: the style's, if it has one;
        sub-pixels that begin alike stay so."""
        if self.style.conv_aware_init and not isinstance(initializer, Alike):
            return ConvAware()
        return initializer

    def upscale(
        self,
        x: Any,
        filters: int,
        name: str,
        *,
        kernel: int = 3,
        scale: int = 2,
        leak: float | None = 0.1,
        bias: bool = True,
        norm: bool = False,
        initializer: Any = "he_uniform",
    ) -> Any:
        """`scale` times the size: convolution of scale² filters, leak, pixel shuffle ("subpixel").

        Source: W. Shi et al., "Real-Time Single Image and Video Super-Resolution Using an
        Efficient Sub-Pixel Convolutional Neural Network", CVPR 2016.
        """
        if self.style.icnr_init and not isinstance(initializer, Alike):
            initializer = Alike(scale, keras.initializers.get(self.beginning(initializer)))
        x = self.conv(
            x,
            filters * scale**2,
            kernel,
            stride=1,
            leak=leak,
            bias=bias,
            norm=norm,
            initializer=initializer,
            name=name,
        )
        return PixelShuffle(scale=scale, name=f"{name}_shuffle")(x)

    def upscales(self, x: Any, filters: Sequence[int], **how: Any) -> Any:
        """Upscales `upscale_1`, `upscale_2`, ..."""
        for number, count in enumerate(filters, 1):
            x = self.upscale(x, count, f"upscale_{number}", **how)
        return x

    def hybrid(
        self, x: Any, filters: int, name: str, *, scale: int = 2, leak: float | None = 0.1
    ) -> Any:
        """Half of the channels upscaled, half convolved and enlarged bilinearly."""
        half = filters - filters // 2
        smooth = self.conv(x, half, 3, stride=1, leak=None, name=f"{name}_smooth")
        pieces = [
            self.upscale(x, half, name, scale=scale, leak=leak),
            self.resize(smooth, scale, f"{name}_resize"),
        ]
        return self.join(pieces, f"{name}_both")

    def fast(self, x: Any, filters: int, name: str) -> Any:
        """An upscale and a convolution that is enlarged bilinearly, added."""
        smooth = self.conv(x, filters, 3, stride=1, leak=None, name=f"{name}_smooth")
        pieces = [self.upscale(x, filters, name), self.resize(smooth, 2, f"{name}_resize")]
        return keras.layers.Add(name=f"{name}_both")(pieces)

    def residual(
        self,
        x: Any,
        name: str,
        *,
        bias: bool = True,
        initializer: Any = "he_uniform",
        second: Any = SMALL,
    ) -> Any:
        """Two 3x3 convolutions beside the input: conv, leak 0.2, conv, sum, leak 0.2. They start
        from `initializer` and `second`."""
        filters, reflect = x.shape[-1], self.style.reflect_padding
        y = Conv(
            filters, 3, leak=0.2, bias=bias, initializer=self.beginning(initializer),
            reflect=reflect, name=f"{name}_1",
        )(x)  # fmt: skip
        y = Conv(
            filters,
            3,
            bias=bias,
            initializer=self.beginning(second),
            reflect=reflect,
            name=f"{name}_2",
        )(y)
        return self.leak(keras.layers.Add(name=f"{name}_sum")([y, x]), 0.2, f"{name}_leak")

    def refined(
        self,
        x: Any,
        filters: Sequence[int],
        *,
        residuals: int = 1,
        residual_initializer: Any = "he_uniform",
        **how: Any,
    ) -> list[Any]:
        """Upscales with leak 0.2 and residual blocks behind each: the map after each of them."""
        stages = []
        for number, count in enumerate(filters, 1):
            x = self.upscale(x, count, f"upscale_{number}", leak=0.2, **how)
            for again in range(1, residuals + 1):
                name = f"residual_{number}_{again}"
                x = self.residual(x, name, initializer=residual_initializer)
            stages.append(x)
        return stages

    def leak(self, x: Any, slope: float, name: str) -> Any:
        """max(x, slope x)."""
        return Leaky(slope, name=name)(x)

    def dense(self, x: Any, units: int, name: str, *, initializer: Any = "glorot_uniform") -> Any:
        """A linear layer of a flat input."""
        return keras.layers.Dense(units, kernel_initializer=initializer, name=name)(x)

    def bottleneck(
        self, x: Any, width: int, side: int, channels: int, *, initializer: Any = "glorot_uniform"
    ) -> Any:
        """Any map through `width` numbers to (n, side, side, channels): two linear layers."""
        x = x if len(x.shape) == 2 else self.flatten(x)
        x = self.dense(x, width, "dense_1", initializer=initializer)
        x = self.dense(x, side * side * channels, "dense_2", initializer=initializer)
        return self.reshape(x, side, channels)

    def flatten(self, x: Any, name: str = "flatten") -> Any:
        """One row a face."""
        return keras.layers.Flatten(name=name)(x)

    def reshape(self, x: Any, side: int, channels: int, name: str = "reshape") -> Any:
        """Rows to maps."""
        return keras.layers.Reshape((side, side, channels), name=name)(x)

    def resize(self, x: Any, scale: int, name: str) -> Any:
        """Bilinear, `scale` times the size."""
        return Resize(scale, name=name)(x)

    def mean(self, x: Any, name: str) -> Any:
        """Half the size: means of 2x2 pixels."""
        return keras.layers.AveragePooling2D(2, name=name)(x)

    def join(self, pieces: list[Any], name: str) -> Any:
        """Maps of one size, one behind the other along the channels."""
        return keras.layers.Concatenate(name=name)(pieces)

    def batch_norm(self, x: Any, name: str) -> Any:
        """Each channel at mean 0 and deviation 1 over the batch, then scaled and moved."""
        return normalised(x, "batch", name)

    def face(self, x: Any, name: str = "face", *, kernel: int = 5, bgr: bool = True) -> Any:
        """The last convolution: an RGB picture in 0..1."""
        x = Conv(3, kernel, initializer=self.beginning("he_uniform"), name=name)(x)
        x = Sigmoid(name=_beside(name, "sigmoid"))(x)
        return SwapColours(name=_beside(name, "to_rgb"))(x) if bgr else x

    def mask(self, x: Any, name: str = "mask", *, kernel: int = 5) -> Any:
        """The last convolution of a mask branch: one channel in 0..1."""
        x = Conv(1, kernel, initializer=self.beginning("he_uniform"), name=name)(x)
        return Sigmoid(name=f"{name}_sigmoid")(x)

    def mask_branch(self, x: Any, filters: Sequence[int]) -> list[Any]:
        """The usual mask branch: upscales and the last convolution; nothing where no mask is
        learnt, so that it can be added to a decoder's list of outputs."""
        if not self.learn_mask:
            return []
        for number, count in enumerate(filters, 1):
            x = self.upscale(x, count, f"mask_upscale_{number}")
        return [self.mask(x)]


def model(inputs: Any, outputs: Any, name: str) -> Any:
    """A sub-model; a list of one output counts as that output."""
    if isinstance(outputs, list) and len(outputs) == 1:
        outputs = outputs[0]
    return keras.Model(inputs, outputs, name=name)


def _beside(name: str, word: str) -> str:
    """Name of a layer behind the one called `name`; the one behind `face` has the bare word."""
    return word if name == "face" else f"{name}_{word}"
