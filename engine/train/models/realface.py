"""The "realface" network: 64 to 128 px in, 64 to 256 px out, 238,241,676 weights as it stands.

The encoder has residual blocks and no bottleneck: that stands in each decoder. The decoder of A,
whose face is never kept, is two thirds as wide and has hardly any residual blocks.
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import keras
import msgspec

from engine.settings.about import about
from engine.train.architecture import Architecture, Sizes
from engine.train.blocks import Blocks, model
from engine.train.models import Habits

VERSION = 1
HABITS = Habits()
MASK = 384
"""Filters of a mask branch's first upscale."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sizes and widths."""

    input_size: Annotated[
        int, about("size of the faces that go in", 64, 128, unit="px", step=16)
    ] = 64
    output_size: Annotated[
        int, about("size of the faces that come out", 64, 256, unit="px", step=32)
    ] = 128
    dense_nodes: Annotated[
        int, about("numbers in the bottleneck of side B", 768, 2048, step=64)
    ] = 1536
    complexity_encoder: Annotated[int, about("width of the encoder", 96, 160, step=4)] = 128
    complexity_decoder: Annotated[int, about("width of side B's decoder", 512, 544, step=4)] = 512


class Shape(NamedTuple):
    """What follows from the sizes."""

    side: int
    """Of the map that a decoder begins with, px."""
    upscales: int
    filters: int
    """Of that map."""


def sizes(options: Options) -> Sizes:
    """Any of each."""
    return Sizes(options.input_size, (options.output_size,))


def shape(options: Options) -> Shape:
    """Four or five upscales, whichever begins nearer to the encoder's map."""
    choices = [(options.output_size // 2**n, n) for n in (4, 5)]
    near = [choice for choice in choices if choice[0] < 10]
    side, upscales = min(near, key=lambda choice: abs(16 * choice[0] - options.input_size))
    return Shape(side, upscales, (1024 - 64 * (side - 4)) // 16 * 16)


def build(options: Options, blocks: Blocks) -> Architecture:
    """Encoder of 29,604,608 weights, decoders of 64,196,041 (A) and 144,441,027 (B)."""
    parts = {"encoder": encoder(blocks, options.input_size, options.complexity_encoder)}
    code, how = parts["encoder"].output.shape[1:], shape(options)
    nodes, width = options.dense_nodes, options.complexity_decoder
    parts["decoder_a"] = decoder_a(blocks, code, thirds(how), int(nodes / 1.5), int(width / 1.5))
    parts["decoder_b"] = decoder_b(blocks, code, how, nodes, width)
    return Architecture(parts)


def thirds(how: Shape) -> Shape:
    """Two thirds of the filters."""
    return how._replace(filters=int(how.filters / 1.5))


def encoder(blocks: Blocks, size: int, filters: int) -> Any:
    """(n, size, size, 3) to (n, size / 16, size / 16, 8 filters)."""
    inputs, x = blocks.picture(size)
    for number in range(1, 4):
        x = blocks.conv(x, filters * 2 ** (number - 1), leak=0.2, name=f"conv_{number}")
        for again in (1, 2):
            x = blocks.residual(x, f"residual_{number}_{again}")
    return model(inputs, blocks.conv(x, 8 * filters, name="conv_4"), "encoder")


def decoder_a(blocks: Blocks, code: Any, how: Shape, nodes: int, width: int) -> Any:
    """The plain one."""
    inputs, fork, x = begin(blocks, code, how, nodes)
    for number in range(how.upscales - 1):
        x = blocks.upscale(x, width // 2**number, f"upscale_{number + 2}")
    return model(inputs, [blocks.face(x), *mask(blocks, fork, how)], "decoder_a")


def decoder_b(blocks: Blocks, code: Any, how: Shape, nodes: int, width: int) -> Any:
    """The rich one: two residual blocks behind each upscale but the last."""
    inputs, fork, x = begin(blocks, code, how, nodes)
    last = how.upscales - 2
    for number in range(last):
        x = blocks.upscale(x, width // 2**number, f"upscale_{number + 2}", leak=0.2)
        x = blocks.residual(x, f"residual_{number + 2}_1", bias=False)
        x = blocks.residual(x, f"residual_{number + 2}_2")
    x = blocks.upscale(x, width // 2**last, f"upscale_{how.upscales}")
    return model(inputs, [blocks.face(x), *mask(blocks, fork, how)], "decoder_b")


def begin(blocks: Blocks, code: Any, how: Shape, nodes: int) -> tuple[Any, Any, Any]:
    """A decoder's input, where its mask branch forks, and the face branch so far: the bottleneck,
    an upscale and a residual block."""
    inputs = keras.Input(code, name="code")
    x = blocks.bottleneck(inputs, nodes, how.side, how.filters)
    fork = blocks.upscale(x, how.filters, "upscale_1", leak=None)
    x = blocks.residual(blocks.leak(fork, 0.2, "upscale_1_leak"), "residual_1", bias=False)
    return inputs, fork, x


def mask(blocks: Blocks, fork: Any, how: Shape) -> list[Any]:
    """The mask branch, where one is learnt."""
    if not blocks.learn_mask:
        return []
    x = blocks.leak(fork, 0.1, "mask_leak")
    return blocks.mask_branch(x, [MASK // 2**number for number in range(how.upscales - 1)])
