"""The "unbalanced" network, once Original HighRes: 64 to 512 px, 207,046,186 weights at 128 px.

The decoder of B, whose face is kept, is wider than that of A and has residual blocks. Instance
norms in the encoder take out a picture's light and contrast.
"""

from __future__ import annotations

from typing import Annotated, Any

import keras
import msgspec

from engine.settings.about import about
from engine.train.architecture import Architecture, Sizes
from engine.train.blocks import NORMAL, Blocks, model
from engine.train.chance import Dropout
from engine.train.models import Habits, unused

VERSION = 1
HABITS = Habits()


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Size and widths, or `lowmem` with widths of its own."""

    input_size: Annotated[
        int, about("size of the faces in and out", 64, 512, unit="px", step=64)
    ] = 128
    lowmem: Annotated[bool, about("smaller, with widths of its own")] = False
    nodes: Annotated[int, about("numbers in the bottleneck", 512, 4096, step=64)] = 1024
    complexity_encoder: Annotated[int, about("width of the encoder", 64, 1024, step=16)] = 128
    complexity_decoder_a: Annotated[int, about("width of side A's decoder", 64, 1024, step=16)] = (
        384
    )
    complexity_decoder_b: Annotated[int, about("width of side B's decoder", 64, 1024, step=16)] = (
        512
    )

    def __post_init__(self) -> None:
        """Refuse what would change nothing."""
        if self.lowmem:
            widths = ("nodes", *(name for name in self.__struct_fields__ if "complexity" in name))
            unused(self, widths, "lowmem=yes")


def sizes(options: Options) -> Sizes:
    """As much comes out as goes in."""
    return Sizes(options.input_size, (options.input_size,))


def build(options: Options, blocks: Blocks) -> Architecture:
    """Encoder of 83,964,932 weights, decoders of 43,633,827 (A) and 79,447,427 (B)."""
    size, side = options.input_size, options.input_size // 16
    if options.lowmem:
        return Architecture(
            {
                "encoder": encoder(blocks, size, 128, 512, 384),
                "decoder_a": decoder_a(blocks, side, 384, 320, 0.15),
                "decoder_b": decoder_b_lowmem(blocks, side, 384),
            }
        )
    return Architecture(
        {
            "encoder": encoder(blocks, size, options.complexity_encoder, options.nodes, 512),
            "decoder_a": decoder_a(blocks, side, 512, options.complexity_decoder_a, 0.25),
            "decoder_b": decoder_b(blocks, side, options.complexity_decoder_b),
        }
    )


def encoder(blocks: Blocks, size: int, filters: int, nodes: int, channels: int) -> Any:
    """(n, size, size, 3) to (n, size / 16, size / 16, channels)."""
    inputs, x = blocks.picture(size)
    for number, times in enumerate((1, 2, 4, 6, 8), 1):
        x = blocks.conv(
            x, times * filters, norm=number < 3, initializer=NORMAL, name=f"conv_{number}"
        )
    x = blocks.bottleneck(x, nodes, size // 16, channels, initializer=NORMAL)
    return model(inputs, x, "encoder")


def decoder_a(blocks: Blocks, side: int, channels: int, width: int, second: float) -> Any:
    """The plain one: whole channels drop out behind the first upscale (a quarter of them) and
    the second one."""
    x = inputs = keras.Input((side, side, channels), name="code")
    filters = (width, width, width // 2, width // 4)
    for number, count in enumerate(filters, 1):
        x = blocks.upscale(x, count, f"upscale_{number}", kernel=5, initializer=NORMAL)
        if number < 3:
            x = Dropout((0.25, second)[number - 1], spatial=True, name=f"dropout_{number}")(x)
    return model(inputs, [blocks.face(x), *blocks.mask_branch(inputs, filters)], "decoder_a")


def decoder_b(blocks: Blocks, side: int, width: int) -> Any:
    """The rich one: a residual block behind each upscale but the last."""
    inputs = keras.Input((side, side, 512), name="code")
    filters = (width, width, width // 2, width // 4)
    how: dict[str, Any] = {"kernel": 5, "initializer": NORMAL}
    x = blocks.refined(inputs, filters[:-1], residual_initializer=NORMAL, **how)[-1]
    x = blocks.upscale(x, filters[-1], "upscale_4", **how)
    return model(inputs, [blocks.face(x), *blocks.mask_branch(inputs, filters)], "decoder_b")


def decoder_b_lowmem(blocks: Blocks, side: int, width: int) -> Any:
    """Upscales alone."""
    inputs = keras.Input((side, side, width), name="code")
    filters = (width, width // 2, width // 4, width // 8)
    x = blocks.upscales(inputs, filters, kernel=5, initializer=NORMAL)
    return model(inputs, [blocks.face(x), *blocks.mask_branch(inputs, filters)], "decoder_b")
