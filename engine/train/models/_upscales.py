"""Ways to twice the size beside the pixel shuffle; each is `way(blocks, x, filters, name)`.

Bilinear enlargement has no checkerboard, the shuffle is sharper: some of these join the two.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from engine.train.blocks import Blocks

Way = Callable[[Blocks, Any, int, str], Any]


def subpixel(blocks: Blocks, x: Any, filters: int, name: str) -> Any:
    """Convolution, leak 0.1, pixel shuffle."""
    return blocks.upscale(x, filters, name)


def hybrid(blocks: Blocks, x: Any, filters: int, name: str) -> Any:
    """Half of the channels by pixel shuffle, half bilinear behind a convolution."""
    return blocks.hybrid(x, filters, name)


def fast(blocks: Blocks, x: Any, filters: int, name: str) -> Any:
    """The sum of a pixel shuffle and a bilinear enlargement, each behind a convolution."""
    return blocks.fast(x, filters, name)


def resized(blocks: Blocks, x: Any, filters: int, name: str) -> Any:
    """Convolution behind a bilinear enlargement, and a transposed convolution: summed, leak 0.2."""
    enlarged = blocks.resize(x, 2, f"{name}_resize")
    y = _conv(blocks, enlarged, filters, f"{name}_conv", None)
    z = keras.layers.Conv2DTranspose(filters, 3, 2, padding="same", name=f"{name}_transposed")(x)
    return blocks.leak(keras.layers.Add(name=f"{name}_sum")([y, z]), 0.2, f"{name}_leak")


def dny(blocks: Blocks, x: Any, filters: int, name: str) -> Any:
    """Bilinear enlargement and two convolutions with leak 0.2."""
    x = blocks.resize(x, 2, f"{name}_resize")
    for number in (1, 2):
        x = _conv(blocks, x, filters, f"{name}_{number}", 0.2)
    return x


def _conv(blocks: Blocks, x: Any, filters: int, name: str, leak: float | None) -> Any:
    return blocks.conv(x, filters, 3, stride=1, leak=leak, name=name)


WAYS: dict[str, Way] = {
    "subpixel": subpixel,
    "resize_images": resized,
    "upscale_fast": fast,
    "upscale_hybrid": hybrid,
    "upscale_dny": dny,
}
