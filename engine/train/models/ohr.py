"""Original HighRes of 2018, in the five kinds it came in: 64 to 256 px, 125,351,466 weights as it
stands. "unbalanced" is what became of it.

"original" and "shaoanlu" have the same decoder for each side; the others a richer one for B, whose
face is kept. "highres" is meant for 176 px and more.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import keras
import msgspec

from engine.settings.about import about
from engine.train.architecture import Architecture, Sizes
from engine.train.blocks import NORMAL, Blocks, model
from engine.train.chance import Dropout
from engine.train.models import Habits, unused

VERSION = 1
HABITS = Habits(loss="mae")
HOW: dict[str, Any] = {"initializer": NORMAL}
UNUSED = {
    "original": ("complexity_decoder_a",),
    "highres": ("complexity_decoder_a", "complexity_decoder_b"),
    "shaoanlu": ("complexity_encoder", "complexity_decoder_a", "complexity_decoder_b"),
}
"""Widths that are fixed in a kind."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Kind, size and widths."""

    encoder_type: Annotated[
        Literal["original", "standard", "standard_rc4", "highres", "shaoanlu"],
        about("kind of the network"),
    ] = "standard"
    input_size: Annotated[
        int, about("size of the faces in and out", 64, 256, unit="px", step=16)
    ] = 128
    nodes: Annotated[int, about("numbers in the bottleneck", 256, 4096, step=64)] = 1024
    complexity_encoder: Annotated[int, about("width of the encoder", 64, 256, step=16)] = 128
    complexity_decoder_a: Annotated[
        int, about("width of side A's decoder (of the standard kinds)", 64, 1024, step=16)
    ] = 384
    complexity_decoder_b: Annotated[
        int, about("width of side B's decoder (not of highres, shaoanlu)", 256, 1024, step=16)
    ] = 512

    def __post_init__(self) -> None:
        """Refuse what would change nothing."""
        kind = self.encoder_type
        unused(self, UNUSED.get(kind, ()), f"encoder_type={kind}")


def sizes(options: Options) -> Sizes:
    """As much comes out as goes in."""
    return Sizes(options.input_size, (options.input_size,))


def build(options: Options, blocks: Blocks) -> Architecture:
    """Encoder of 93,404,164 weights, decoders of 10,405,539 (A) and 21,541,763 (B)."""
    inputs, x = blocks.picture(options.input_size)
    code = ENCODERS[options.encoder_type](options, blocks, x)
    parts = {"encoder": model(inputs, code, "encoder")}
    for side in "ab":
        fork = keras.Input(code.shape[1:], name="code")
        x, filters = DECODERS[options.encoder_type](options, blocks, fork, side)
        outputs = [blocks.face(x), *blocks.mask_branch(fork, filters)]
        parts[f"decoder_{side}"] = model(fork, outputs, f"decoder_{side}")
    return Architecture(parts)


def encode_original(options: Options, blocks: Blocks, x: Any) -> Any:
    """Every second convolution is separable."""
    filters = options.complexity_encoder
    for number in (1, 3):
        x = blocks.conv(x, filters * 2 ** (number - 1), name=f"conv_{number}", **HOW)
        x = blocks.separable(x, filters * 2**number, f"conv_{number + 1}", leak=0.1, **HOW)
    return blocks.upscale(bottleneck(options, blocks, x), 512, "upscale_1", **HOW)


def encode_standard(options: Options, blocks: Blocks, x: Any) -> Any:
    """Half of the code's channels drop out."""
    x = blocks.upscale(encode_standard_rc4(options, blocks, x), 512, "upscale_1", **HOW)
    return Dropout(0.5, spatial=True, name="dropout")(x)


def encode_standard_rc4(options: Options, blocks: Blocks, x: Any) -> Any:
    """Instance norms behind the first two convolutions."""
    return bottleneck(options, blocks, five(options, blocks, x, normed=2))


def encode_highres(options: Options, blocks: Blocks, x: Any) -> Any:
    """Without norms, and a narrower code."""
    x = bottleneck(options, blocks, five(options, blocks, x, normed=0))
    return blocks.upscale(x, 320, "upscale_1", **HOW)


def encode_shaoanlu(options: Options, blocks: Blocks, x: Any) -> Any:
    """Separable convolutions, after the GAN of that author."""
    size = options.input_size
    first = size if size <= 128 else 128 + (size - 128) // 4
    x = blocks.conv(x, first, stride=1, leak=None, bias=False, name="conv_1", **HOW)
    for number, filters in enumerate((first + 32, 256, 512, 1024), 2):
        x = blocks.separable(x, filters, f"conv_{number}", kernel=3, norm=number > 2, **HOW)
    return blocks.upscale(bottleneck(options, blocks, x, 768), 512, "upscale_1", **HOW)


def five(options: Options, blocks: Blocks, x: Any, normed: int) -> Any:
    """Five convolutions, the first `normed` of them with instance norms."""
    for number, times in enumerate((1, 2, 4, 6, 8), 1):
        filters = times * options.complexity_encoder
        x = blocks.conv(x, filters, norm=number <= normed, name=f"conv_{number}", **HOW)
    return x


def bottleneck(options: Options, blocks: Blocks, x: Any, channels: int = 512) -> Any:
    """To (n, size / 16, size / 16, channels)."""
    return blocks.bottleneck(x, options.nodes, options.input_size // 16, channels, **HOW)


def decode_original(options: Options, blocks: Blocks, x: Any, side: str) -> Any:
    """The same for both sides."""
    width = options.complexity_decoder_b
    filters = (width - 128, width // 2 - 32, width // 4)
    return blocks.upscales(x, filters, **HOW), filters


def decode_standard(options: Options, blocks: Blocks, x: Any, side: str) -> Any:
    """A's first channels drop out; B has a residual block behind each upscale."""
    if side == "b":
        filters = halves(options.complexity_decoder_b)
        return refined(blocks, x, filters), filters
    filters = halves(options.complexity_decoder_a)
    return thinned(blocks, x, filters, 1), filters


def decode_standard_rc4(options: Options, blocks: Blocks, x: Any, side: str) -> Any:
    """One upscale more."""
    if side == "b":
        width = options.complexity_decoder_b
        first, last = (width, *halves(width)[:2]), width // 4
        x = refined(blocks, x, first)
        return blocks.upscale(x, last, "upscale_4", **HOW), (*first, last)
    width = options.complexity_decoder_a
    filters = (width, *halves(width))
    return thinned(blocks, x, filters, 2), filters


def decode_highres(options: Options, blocks: Blocks, x: Any, side: str) -> Any:
    """Upscales alone."""
    filters = halves(256 if side == "a" else 320)
    return blocks.upscales(x, filters, **HOW), filters


def decode_shaoanlu(options: Options, blocks: Blocks, x: Any, side: str) -> Any:
    """Instance norms in the upscales."""
    filters = (512, 256, options.input_size)
    return blocks.upscales(x, filters, bias=False, norm=True, **HOW), filters


def halves(width: int) -> tuple[int, int, int]:
    """A width, half and a quarter of it."""
    return width, width // 2, width // 4


def refined(blocks: Blocks, x: Any, filters: tuple[int, ...]) -> Any:
    """Upscales with a residual block without biases behind each."""
    for number, count in enumerate(filters, 1):
        x = blocks.upscale(x, count, f"upscale_{number}", **HOW)
        x = blocks.residual(x, f"residual_{number}", bias=False, second=NORMAL, **HOW)
    return x


def thinned(blocks: Blocks, x: Any, filters: tuple[int, ...], dropouts: int) -> Any:
    """Upscales; a quarter of the channels drops out behind the first `dropouts` of them."""
    for number, count in enumerate(filters, 1):
        x = blocks.upscale(x, count, f"upscale_{number}", **HOW)
        if number <= dropouts:
            x = Dropout(0.25, spatial=True, name=f"dropout_{number}")(x)
    return x


ENCODERS = {
    "original": encode_original,
    "standard": encode_standard,
    "standard_rc4": encode_standard_rc4,
    "highres": encode_highres,
    "shaoanlu": encode_shaoanlu,
}
DECODERS = {
    "original": decode_original,
    "standard": decode_standard,
    "standard_rc4": decode_standard_rc4,
    "highres": decode_highres,
    "shaoanlu": decode_shaoanlu,
}
