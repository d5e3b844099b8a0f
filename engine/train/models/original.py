"""The original face-swap autoencoder: 64 px in and out, 82,062,470 weights.

An encoder that both sides share, which halves the picture four times, goes through a linear
bottleneck and back up once; and a decoder for each side that doubles three times. The network of
the first public "deepfakes" code of 2017/18. It works on BGR, as that code did, so that weights
can be exchanged; the swap of colours happens inside.
"""

from __future__ import annotations

from typing import Annotated, Any

import keras
import msgspec

from engine.settings.about import about
from engine.train.architecture import Architecture, Sizes
from engine.train.blocks import Blocks, model
from engine.train.models import Habits

VERSION = 1
HABITS = Habits()
SIZE = 64


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One size; a smaller encoder for cards with little memory."""

    lowmem: Annotated[bool, about("one convolution and half the bottleneck less")] = False


def sizes(options: Options) -> Sizes:
    """64 px in and out."""
    return Sizes(SIZE, (SIZE,))


def build(options: Options, blocks: Blocks) -> Architecture:
    """Encoder of 69,662,976 weights (48,165,632 with `lowmem`) and two decoders of 6,199,747."""
    convs, width = ((128, 256, 512), 512) if options.lowmem else ((128, 256, 512, 1024), 1024)
    parts = {"encoder": encoder(blocks, SIZE, convs, width)}
    for side in "ab":
        parts[f"decoder_{side}"] = decoder(blocks, f"decoder_{side}", 512, (256, 128, 64))
    return Architecture(parts)


def encoder(
    blocks: Blocks,
    size: int,
    convs: tuple[int, ...],
    width: int,
    side: int = 4,
    channels: int = 1024,
    up: int = 512,
) -> Any:
    """(n, size, size, 3) through `width` numbers to (n, side, side, channels), then upscaled."""
    inputs, x = blocks.picture(size)
    x = blocks.bottleneck(blocks.convs(x, convs), width, side, channels)
    return model(inputs, blocks.upscale(x, up, "upscale_1"), "encoder")


def decoder(
    blocks: Blocks, name: str, channels: int, filters: tuple[int, ...], side: int = 8
) -> Any:
    """(n, side, side, channels) to a face and, where it is learnt, a mask of
    side x 2^len(filters) px."""
    inputs = keras.Input((side, side, channels), name="code")
    face = blocks.face(blocks.upscales(inputs, filters))
    return model(inputs, [face, *blocks.mask_branch(inputs, filters)], name)
