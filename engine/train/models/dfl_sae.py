"""The styled autoencoder of DeepFaceLab (SAE): 64 to 256 px, 130,008,718 weights as it stands.

Two architectures: "df" has a decoder for each side; "liae" has one decoder for both, and
intermediates that tell the sides apart: A's code is the shared intermediate twice, B's is one of
its own and the shared one.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import keras
import msgspec

from engine.settings.about import about
from engine.train.architecture import Architecture, Intermediates, Sizes
from engine.train.blocks import Blocks, model
from engine.train.models import Habits, iae, original

VERSION = 1
HABITS = Habits()


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Size, architecture and widths."""

    input_size: Annotated[
        int, about("size of the faces in and out", 64, 256, unit="px", step=16)
    ] = 128
    architecture: Annotated[
        Literal["df", "liae"],
        about("df: two decoders; liae: one, takes more of A's light"),
    ] = "df"
    autoencoder_dims: Annotated[
        int, about("numbers in the bottleneck; 0 is 512, liae's 256", 0, 1024, step=32)
    ] = 0
    encoder_dims: Annotated[int, about("width of the encoder", 21, 85)] = 42
    decoder_dims: Annotated[int, about("width of the decoders", 10, 85)] = 21
    multiscale_decoder: Annotated[
        bool, about("compare smaller faces too: quarter and half size")
    ] = False


def sizes(options: Options) -> Sizes:
    """As much comes out as goes in."""
    size = options.input_size
    smaller = (size // 4, size // 2) if options.multiscale_decoder else ()
    return Sizes(size, (*smaller, size))


def build(options: Options, blocks: Blocks) -> Architecture:
    """Encoder of 75,961,012 weights and two decoders of 27,023,853; or, for liae, encoder of
    16,681,140, two intermediates of 34,375,936 and a decoder of 36,313,581."""
    width = 3 * options.encoder_dims
    convs = (width, 2 * width, 4 * width, 8 * width)
    return (
        liae(options, blocks, convs)
        if options.architecture == "liae"
        else df(options, blocks, convs)
    )


def df(options: Options, blocks: Blocks, convs: tuple[int, ...]) -> Architecture:
    """A decoder for each side."""
    size, dims = options.input_size, options.autoencoder_dims or 512
    parts = {"encoder": original.encoder(blocks, size, convs, dims, size // 16, dims, dims)}
    for side in "ab":
        parts[f"decoder_{side}"] = decoder(options, blocks, f"decoder_{side}", dims)
    return Architecture(parts)


def liae(options: Options, blocks: Blocks, convs: tuple[int, ...]) -> Intermediates:
    """One decoder, intermediates for both and for B."""
    dims = options.autoencoder_dims or 256
    parts = {"encoder": iae.encoder(blocks, options.input_size, convs)}
    for name in ("inter_both", "inter_b"):
        inputs = keras.Input((parts["encoder"].output.shape[-1],), name="encoded")
        x = blocks.bottleneck(inputs, dims, options.input_size // 16, 2 * dims)
        parts[name] = model(inputs, blocks.upscale(x, 2 * dims, "upscale_1"), name)
    parts["decoder"] = decoder(options, blocks, "decoder", 4 * dims)
    return Intermediates(parts, {"a": ("inter_both", "inter_both"), "b": ("inter_b", "inter_both")})


def decoder(options: Options, blocks: Blocks, name: str, channels: int) -> Any:
    """(n, size / 8, size / 8, channels) to faces of the sizes and, where it is learnt, a mask."""
    dims, side = options.decoder_dims, options.input_size // 8
    inputs = keras.Input((side, side, channels), name="code")
    stages = blocks.refined(inputs, (24 * dims, 12 * dims, 6 * dims), residuals=2)
    names = ("face_quarter", "face_half", "face") if options.multiscale_decoder else ("face",)
    painted = zip(stages[-len(names) :], names, strict=True)
    faces = [blocks.face(stage, called) for stage, called in painted]
    mask = blocks.mask_branch(inputs, (8 * dims, 4 * dims, 2 * dims))
    return model(inputs, [*faces, *mask], name)
