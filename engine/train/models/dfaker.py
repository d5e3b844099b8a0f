"""The network of "dfaker": paints at twice the size of its input, 113,330,822 weights at 128 px.

Original's encoder, and decoders with a residual block behind each upscale but the last.
"""

from __future__ import annotations

from typing import Annotated, Any

import keras
import msgspec

from engine.settings.about import about
from engine.train.architecture import Architecture, Sizes
from engine.train.blocks import NORMAL, Blocks, model
from engine.train.models import Habits
from engine.train.models.original import encoder

VERSION = 1
HABITS = Habits()


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How large it paints."""

    output_size: Annotated[
        int, about("size of the faces that come out; half goes in", 128, 256, unit="px", step=128)
    ] = 128


def sizes(options: Options) -> Sizes:
    """Half the output goes in."""
    return Sizes(options.output_size // 2, (options.output_size,))


def build(options: Options, blocks: Blocks) -> Architecture:
    """Encoder of 69,662,976 weights and two decoders of 21,833,923 at 128 px."""
    filters = (1024, 512, 256, 128, 64) if options.output_size == 256 else (512, 256, 128, 64)
    parts = {"encoder": encoder(blocks, sizes(options).input, (128, 256, 512, 1024), 1024)}
    for side in "ab":
        parts[f"decoder_{side}"] = decoder(blocks, f"decoder_{side}", filters)
    return Architecture(parts)


def decoder(blocks: Blocks, name: str, filters: tuple[int, ...]) -> Any:
    """(n, 8, 8, 512) to a face and, where it is learnt, a mask of 8 x 2^len(filters) px."""
    inputs = keras.Input((8, 8, 512), name="code")
    x = blocks.refined(inputs, filters[:-1], residual_initializer=NORMAL)[-1]
    x = blocks.upscale(x, filters[-1], f"upscale_{len(filters)}")
    return model(inputs, [blocks.face(x), *blocks.mask_branch(inputs, filters)], name)
