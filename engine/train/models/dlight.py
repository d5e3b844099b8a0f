"""The "dlight" network: 128 px in, 128 to 384 px out, 143,612,726 weights as it stands.

A light encoder that carries averages of the picture along, a plain decoder for A, whose face is
never kept, and a rich one for B.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import keras
import msgspec

from engine.settings.about import about
from engine.train.architecture import Architecture, Sizes
from engine.train.blocks import Blocks, model
from engine.train.chance import Dropout
from engine.train.models import Habits

VERSION = 1
HABITS = Habits()
INPUT = 128
WIDTHS = {"lowmem": (48, 640), "fair": (64, 1152), "best": (64, 1664)}
"""Filters of the encoder and numbers in the bottleneck."""
DROPOUT = 0.05


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Widths, decoder and size."""

    features: Annotated[
        Literal["lowmem", "fair", "best"], about("how much the encoder keeps of a face")
    ] = "best"
    details: Annotated[
        Literal["fast", "good"], about("decoder of side B: good has residual blocks")
    ] = "good"
    output_size: Annotated[
        int, about("size of the faces that come out", 128, 384, unit="px", step=128)
    ] = 256


def sizes(options: Options) -> Sizes:
    """128 px in."""
    return Sizes(INPUT, (options.output_size,))


def build(options: Options, blocks: Blocks) -> Architecture:
    """Encoder of 61,783,296 weights, decoders of 6,869,523 (A) and 74,959,907 (B)."""
    filters, width = WIDTHS[options.features]
    scale = options.output_size // 64
    side_b = decoder_b_fast if options.details == "fast" else decoder_b
    return Architecture(
        {
            "encoder": encoder(blocks, filters, width),
            "decoder_a": decoder_a(blocks, scale),
            "decoder_b": side_b(blocks, scale),
        }
    )


def encoder(blocks: Blocks, filters: int, width: int) -> Any:
    """(n, 128, 128, 3) to (n, 4, 4, 1024)."""
    inputs, x = blocks.picture(INPUT)
    counts = (filters // 2, filters, 2 * filters, 4 * filters, 8 * filters)
    for number, count in enumerate(counts, 1):
        mean = blocks.leak(blocks.mean(x, f"mean_{number}"), 0.1, f"mean_{number}_leak")
        x = blocks.join([blocks.conv(x, count, name=f"conv_{number}"), mean], f"both_{number}")
    x = blocks.dense(blocks.flatten(x), width, "dense_1")
    x = blocks.dense(Dropout(DROPOUT, name="dropout_1")(x), 4 * 4 * 1024, "dense_2")
    x = Dropout(DROPOUT, name="dropout_2")(x)
    return model(inputs, blocks.reshape(x, 4, 1024), "encoder")


def decoder_a(blocks: Blocks, scale: int) -> Any:
    """(n, 4, 4, 1024) to a face of 64 x `scale` px: enlarged bilinearly, then four hybrids."""
    inputs = keras.Input((4, 4, 1024), name="code")
    fork = blocks.resize(inputs, scale, "resize")
    face = blocks.face(hybrids(blocks, fork, (256, 128, 64, 32)))
    return model(inputs, [face, *mask(blocks, fork)], "decoder_a")


def decoder_b(blocks: Blocks, scale: int) -> Any:
    """The rich one: residual blocks and batch norms between the hybrids."""
    inputs = keras.Input((4, 4, 1024), name="code")
    fork = blocks.hybrid(inputs, 512, "upscale_1", scale=scale, leak=None)
    x = blocks.leak(fork, 0.2, "upscale_1_leak")
    x = residuals(blocks, x, 1, 3)
    x = residuals(blocks, blocks.hybrid(x, 512, "upscale_2", leak=0.2), 2, 2)
    x = blocks.batch_norm(x, "norm_2")
    x = residuals(blocks, blocks.hybrid(x, 256, "upscale_3", leak=0.2), 3, 1)
    x = blocks.hybrid(x, 128, "upscale_4", leak=0.2)
    x = blocks.batch_norm(blocks.residual(x, "residual_4_1", bias=False), "norm_4")
    face = blocks.face(blocks.hybrid(x, 64, "upscale_5"))
    leaked = blocks.leak(fork, 0.1, "mask_leak") if blocks.learn_mask else fork
    return model(inputs, [face, *mask(blocks, leaked)], "decoder_b")


def residuals(blocks: Blocks, x: Any, stage: int, count: int) -> Any:
    """Residual blocks, of which only the first has biases."""
    for number in range(1, count + 1):
        x = blocks.residual(x, f"residual_{stage}_{number}", bias=number == 1)
    return x


def decoder_b_fast(blocks: Blocks, scale: int) -> Any:
    """The plain one: one wide upscale, then sums of upscaled and enlarged."""
    inputs = keras.Input((4, 4, 1024), name="code")
    x = fork = blocks.upscale(inputs, 512, "upscale_1", scale=scale)
    for number, filters in enumerate((512, 256, 128, 64), 2):
        x = blocks.fast(x, filters, f"upscale_{number}")
    return model(inputs, [blocks.face(x), *mask(blocks, fork)], "decoder_b")


def mask(blocks: Blocks, x: Any) -> list[Any]:
    """The mask branch, where one is learnt."""
    if not blocks.learn_mask:
        return []
    return [blocks.mask(hybrids(blocks, x, (128, 64, 32, 16), "mask_hybrid"))]


def hybrids(blocks: Blocks, x: Any, filters: tuple[int, ...], name: str = "hybrid") -> Any:
    """Hybrids that double the size."""
    for number, count in enumerate(filters, 1):
        x = blocks.hybrid(x, count, f"{name}_{number}")
    return x
