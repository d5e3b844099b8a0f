"""The "villain" network: 128 px in and out, 155,115,014 weights.

The encoder has a long chain of residual blocks at half the size, and blocks of pixels for channels
where others halve the picture.
"""

from __future__ import annotations

from typing import Annotated, Any

import keras
import msgspec

from engine.settings.about import about
from engine.train.architecture import Architecture, Sizes
from engine.train.blocks import NORMAL, Blocks, model
from engine.train.layers import PixelShuffle
from engine.train.models import Habits

VERSION = 1
HABITS = Habits()
SIZE = 128


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One size; a smaller encoder for cards with little memory."""

    lowmem: Annotated[bool, about("half the residual blocks and half the bottleneck")] = False


def sizes(options: Options) -> Sizes:
    """128 px in and out."""
    return Sizes(SIZE, (SIZE,))


def build(options: Options, blocks: Blocks) -> Architecture:
    """Encoder of 112,027,904 weights (75,573,504 with `lowmem`) and two decoders of 21,543,555."""
    parts = {"encoder": encoder(blocks, options.lowmem)}
    for side in "ab":
        parts[f"decoder_{side}"] = decoder(blocks, f"decoder_{side}")
    return Architecture(parts)


def encoder(blocks: Blocks, lowmem: bool) -> Any:
    """(n, 128, 128, 3) to (n, 16, 16, 512)."""
    how: dict[str, Any] = {"initializer": NORMAL}
    inputs, x = blocks.picture(SIZE)
    x = chain(blocks, blocks.conv(x, 128, leak=None, name="conv_1", **how), 8 if lowmem else 16)
    x = blocks.conv(x, 128, name="conv_2", **how)
    for number in (3, 4):
        x = PixelShuffle(name=f"shuffle_{number}")(x)
        x = blocks.conv(x, 128, name=f"conv_{number}", **how)
    x = blocks.separable(x, 256, "conv_5", **how)
    x = blocks.conv(x, 512, name="conv_6", **how)
    if not lowmem:
        x = blocks.separable(x, 1024, "conv_7", **how)
    x = blocks.bottleneck(x, 512 if lowmem else 1024, 8, 1024, **how)
    return model(inputs, blocks.upscale(x, 512, "upscale_1", **how), "encoder")


def chain(blocks: Blocks, x: Any, count: int) -> Any:
    """Residual blocks in a row, around which the picture goes as well."""
    beside = blocks.leak(x, 0.1, "beside")
    x = blocks.leak(x, 0.2, "conv_1_leak")
    for number in range(1, count + 1):
        x = blocks.residual(x, f"residual_{number}", initializer=NORMAL)
    return keras.layers.Add(name="chain")([x, beside])


def decoder(blocks: Blocks, name: str) -> Any:
    """(n, 16, 16, 512) to a face and, where it is learnt, a mask of 128 px."""
    inputs = keras.Input((16, 16, 512), name="code")
    filters = (512, 256, 128)
    x = blocks.refined(inputs, filters, initializer=NORMAL, residual_initializer=NORMAL)[-1]
    return model(inputs, [blocks.face(x), *blocks.mask_branch(inputs, filters)], name)
