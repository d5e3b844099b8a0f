"""Parts that DeepFaceLab's networks are made of.

Their convolutions pad k // 2 zeros on each side, so that with stride 2 a window's middle lies on
the first pixel and not, as with TensorFlow's "same", beyond it: here that is zeros, then a
convolution of what is there. They begin with `ConvAware`. Colours are BGR, swapped inside.
Source: I. Perov et al., "DeepFaceLab: Integrated, flexible and extensible face-swapping
framework", arXiv 2005.05535, 2020.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import tensorflow as tf

from engine.train.blocks import Blocks, model
from engine.train.initial import ConvAware
from engine.train.layers import Conv, PixelShuffle, Sigmoid, SwapColours
from engine.train.norms import PixelNorm


class Letters(NamedTuple):
    """What the letters behind an architecture's name say."""

    pixel_norm: bool = False
    """u: the code at one length."""
    double: bool = False
    """d: the last step to the output's size is a shuffle of four convolutions."""
    deeper: bool = False
    """t: one level and residual blocks more."""
    cosine: bool = False
    """c: x cos(x) instead of the leak."""


class Cosine(keras.layers.Layer):
    """x cos(x)."""

    def call(self, x: Any) -> Any:
        """Each number by itself."""
        return x * tf.cos(x)


class Parts:
    """Builds sub-models in one way of writing."""

    def __init__(self, blocks: Blocks, letters: Letters) -> None:
        self.blocks, self.letters = blocks, letters

    def encoder(self, size: int, filters: int, code: int = 0) -> Any:
        """(n, size, size, 3) to a flat code; with `code` a dense layer of so many numbers more."""
        inputs, x = self.blocks.picture(size)
        deeper = self.letters.deeper
        x = self._down(x, filters, "down_1")
        x = self._residual(x, "residual_1") if deeper else x
        for number, factor in enumerate((2, 4, 8, 8) if deeper else (2, 4, 8), 2):
            x = self._down(x, factor * filters, f"down_{number}")
        x = self._residual(x, "residual_2") if deeper else x
        x = self.blocks.flatten(x)
        x = PixelNorm(name="pixel_norm")(x) if self.letters.pixel_norm else x
        return model(inputs, self.blocks.dense(x, code, "dense") if code else x, "encoder")

    def inter(self, name: str, numbers: int, size: int, code: int, channels: int) -> Any:
        """The encoder's code to maps of `lowest` px, or twice that where not deeper."""
        side = self.lowest(size)
        inputs = keras.Input((numbers,), name="encoded")
        x = self.blocks.dense(inputs, code, "dense_1")
        x = self.blocks.dense(x, side * side * channels, "dense_2")
        x = self.blocks.reshape(x, side, channels)
        return model(inputs, x if self.letters.deeper else self._up(x, channels, "up"), name)

    def lowest(self, size: int) -> int:
        """Side of the smallest maps, px."""
        return size // (32 if self.letters.double else 16)

    def decoder(self, name: str, shape: Any, filters: int, mask_filters: int) -> Any:
        """Maps to a face and a mask."""
        inputs = keras.Input(shape, name="maps")
        factors = (8, 8, 4, 2) if self.letters.deeper else (8, 4, 2)
        x = inputs
        for number, factor in enumerate(factors, 1):
            x = self._residual(self._up(x, factor * filters, f"up_{number}"), f"residual_{number}")
        return model(inputs, [self._face(x), self._mask(inputs, factors, mask_filters)], name)

    def _face(self, x: Any) -> Any:
        """With `double` four convolutions paint one of four neighbouring pixels each."""
        if not self.letters.double:
            y = Conv(3, 1, initializer=ConvAware(), name="face")(x)
        else:
            four = [
                Conv(3, kernel, initializer=ConvAware(), name=f"face_{number}")(x)
                for number, kernel in enumerate((1, 3, 3, 3), 1)
            ]
            y = keras.layers.Concatenate(name="face_pixels")(four)
            y = PixelShuffle(name="face_shuffle")(y)
        return SwapColours(name="to_rgb")(Sigmoid(name="sigmoid")(y))

    def _mask(self, x: Any, factors: tuple[int, ...], filters: int) -> Any:
        factors = (*factors, 1) if self.letters.double else factors
        for number, factor in enumerate(factors, 1):
            x = self._up(x, factor * filters, f"mask_up_{number}")
        return Sigmoid(name="mask_sigmoid")(Conv(1, 1, initializer=ConvAware(), name="mask")(x))

    def _down(self, x: Any, filters: int, name: str) -> Any:
        x = keras.layers.ZeroPadding2D(2, name=f"{name}_edges")(x)
        x = Conv(filters, 5, stride=2, valid=True, initializer=ConvAware(), name=name)(x)
        return self._active(x, 0.1, name)

    def _up(self, x: Any, filters: int, name: str) -> Any:
        x = Conv(4 * filters, 3, initializer=ConvAware(), name=name)(x)
        return PixelShuffle(name=f"{name}_shuffle")(self._active(x, 0.1, name))

    def _residual(self, x: Any, name: str) -> Any:
        y = Conv(x.shape[-1], 3, initializer=ConvAware(), name=f"{name}_1")(x)
        y = self._active(y, 0.2, f"{name}_1")
        y = Conv(x.shape[-1], 3, initializer=ConvAware(), name=f"{name}_2")(y)
        return self._active(keras.layers.Add(name=f"{name}_sum")([x, y]), 0.2, name)

    def _active(self, x: Any, leak: float, name: str) -> Any:
        if self.letters.cosine:
            return Cosine(name=f"{name}_cosine")(x)
        return self.blocks.leak(x, leak, f"{name}_leak")
