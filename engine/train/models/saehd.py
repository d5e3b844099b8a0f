"""DeepFaceLab's SAEHD: df (a decoder for each side) or liae (intermediates for each side).

82,376,555 weights by default. Its "dst" is our A, the person replaced, and its "src" is our B.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from engine.errors import BadInput
from engine.settings.about import about
from engine.train.architecture import Architecture, Intermediates, Sizes
from engine.train.blocks import Blocks
from engine.train.models import Habits
from engine.train.models._dfl import Letters, Parts

VERSION = 1
HABITS = Habits(optimiser="adabelief", learns_mask=True)
LETTERS = {"u": "pixel_norm", "d": "double", "t": "deeper", "c": "cosine"}
NAMES = {"a": "dst", "b": "src"}


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Size, kind and widths."""

    resolution: Annotated[
        int, about("side of the pictures; with d a multiple of 32", 64, 640, step=16, unit="px")
    ] = 128
    archi: Annotated[str, about("df or liae, then - and any of u d t c: liae-ud")] = "liae-ud"
    ae_dims: Annotated[int, about("numbers of the code", 32, 1024)] = 256
    e_dims: Annotated[int, about("channels of the encoder", 16, 256, step=2)] = 64
    d_dims: Annotated[int, about("channels of the decoder", 16, 256, step=2)] = 64
    d_mask_dims: Annotated[
        int, about("channels of the mask branch; 0 is a third of d_dims", 0, 256, step=2)
    ] = 0


def sizes(options: Options) -> Sizes:
    """The same size in and out. Raises `BadInput` for a kind or a size that there isn't."""
    letters = kind(options)[1]
    if (letters.double or letters.deeper) and options.resolution % 32:
        raise BadInput(
            f"resolution can't be {options.resolution}: with the letter d or t it is a multiple "
            "of 32."
        )
    return Sizes(options.resolution, (options.resolution,))


def kind(options: Options) -> tuple[str, Letters]:
    """`liae-ud` as the word and its letters. Raises `BadInput` for what is no such kind."""
    word, dash, letters = options.archi.partition("-")
    known = set(letters) <= set(LETTERS) and len(set(letters)) == len(letters)
    if word not in ("df", "liae") or not known or bool(dash) != bool(letters):
        raise BadInput(
            f"archi can't be '{options.archi}': it is df or liae, then perhaps - and any of the "
            "letters u, d, t and c, as in df-ud."
        )
    return word, Letters(**{LETTERS[letter]: True for letter in letters})


def mask_filters(options: Any) -> int:
    """Channels of the mask's branch: even, at least 16."""
    third = options.d_dims // 3
    return max(16, options.d_mask_dims or third + third % 2)


@dataclass
class Df(Architecture):
    """One encoder and one intermediate for both sides, a decoder for each."""

    def encode(self, faces: Any, training: bool) -> Any:
        """Through both."""
        return self.run("inter", super().encode(faces, training), training)

    def decode(self, code: Any, side: str, training: bool) -> Any:
        """By the side's name there."""
        return self.run(f"decoder_{NAMES[side]}", code, training)


def build(options: Options, blocks: Blocks) -> Architecture:
    """The sub-models, called as there."""
    word, letters = kind(options)
    make = Parts(blocks, letters)
    return df(options, make) if word == "df" else liae(options, make)


def df(options: Any, make: Parts) -> Df:
    """One intermediate, two decoders."""
    size, code = options.resolution, options.ae_dims
    encoder = make.encoder(size, options.e_dims)
    inter = make.inter("inter", encoder.output.shape[-1], size, code, code)
    parts = {"encoder": encoder, "inter": inter}
    for name in ("decoder_src", "decoder_dst"):
        shape = inter.output.shape[1:]
        parts[name] = make.decoder(name, shape, options.d_dims, mask_filters(options))
    return Df(parts)


def liae(options: Options, make: Parts) -> Intermediates:
    """A's code is what inter_B and inter_AB make of a face, B's is inter_AB's twice: the swap
    leaves inter_B out."""
    size, code = options.resolution, options.ae_dims
    encoder = make.encoder(size, options.e_dims)
    parts = {"encoder": encoder}
    for name in ("inter_AB", "inter_B"):
        parts[name] = make.inter(name, encoder.output.shape[-1], size, code, 2 * code)
    *side, channels = parts["inter_B"].output.shape[1:]
    shape = (*side, 2 * channels)
    parts["decoder"] = make.decoder("decoder", shape, options.d_dims, mask_filters(options))
    return Intermediates(parts, {"a": ("inter_B", "inter_AB"), "b": ("inter_AB", "inter_AB")})
