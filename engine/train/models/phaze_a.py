"""Phaze-A: a network put together from options, 123,766,211 weights by default.

One encoder for both sides; dense layers, style blocks and decoders for one side or both.
Pictures are 64 to 2048 px. With encoders that were defined on BGR the colours are swapped inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from engine.errors import BadInput
from engine.train.architecture import Architecture, Sizes
from engine.train.blocks import Blocks, model
from engine.train.layers import SwapColours
from engine.train.models import Habits
from engine.train.models._phaze_decoder import decoder
from engine.train.models._phaze_encoders import ENCODERS
from engine.train.models._phaze_fc import bottleneck, fc, g_block, style_fc
from engine.train.models._phaze_options import Options
from engine.train.models._phaze_presets import PRESETS

__all__ = ["HABITS", "PRESETS", "VERSION", "Options", "build", "sizes"]

VERSION = 1
HABITS = Habits()


def sizes(options: Options) -> Sizes:
    """The encoder's picture and the decoder's. Raises `BadInput` for an even last kernel."""
    if options.dec_output_kernel % 2 == 0:
        raise BadInput(
            f"dec_output_kernel can't be {options.dec_output_kernel}: it is an odd number, 1 to 9."
        )
    encoder = ENCODERS[options.enc_architecture]
    return Sizes(encoder.input_size(options.enc_scaling), (options.output_size,))


@dataclass
class PhazeA(Architecture):
    """Ways through sub-models that may serve one side or both: names by side."""

    fcs: dict[str, tuple[str, ...]]
    """Dense parts whose maps are joined along the channels."""
    g_blocks: dict[str, str]
    """None where there is no style."""
    decoders: dict[str, str]

    def both(self, faces: Any) -> tuple[Any, Any]:
        """One decoder for both sides is called once."""
        codes = tf.split(self.encode(faces, True), 2)
        a, b = (self.code(c, side, True) for c, side in zip(codes, "ab", strict=True))
        if self.decoders["a"] == self.decoders["b"]:
            return self.joined(self.decoders["a"], a, b)
        return self.run(self.decoders["a"], a, True), self.run(self.decoders["b"], b, True)

    def decode(self, code: Any, side: str, training: bool) -> Any:
        """Through the side's dense parts, style and decoder."""
        return self.run(self.decoders[side], self.code(code, side, training), training)

    def code(self, encoded: Any, side: str, training: bool) -> Any:
        """The encoder's output as the side's decoder takes it."""
        names = self.fcs[side]
        made = {name: self.run(name, encoded, training) for name in dict.fromkeys(names)}
        maps = tf.concat([made[name] for name in names], axis=-1)
        if not self.g_blocks:
            return maps
        style = self.run("fc_gblock", encoded, training)
        return self.run(self.g_blocks[side], [maps, style], training)


def build(options: Options, blocks: Blocks) -> PhazeA:
    """The sub-models that the options ask for."""
    parts = {"encoder": encoder(options, blocks)}
    encoded = parts["encoder"].output.shape[1:]
    fcs = fc_names(options)
    for name in sorted({name for names in fcs.values() for name in names}):
        parts[name] = fc(encoded, name, options, blocks)
    maps = parts[fcs["a"][0]].output.shape[1:]
    maps = (*maps[:-1], maps[-1] * len(fcs["a"]))
    g_blocks: dict[str, str] = {}
    if options.enable_gblock:
        parts["fc_gblock"] = style_fc(encoded, options, blocks)
        g_blocks = by_side("g_block", options.split_gblock)
        for name in dict.fromkeys(g_blocks.values()):
            parts[name] = g_block(maps, parts["fc_gblock"].output.shape[1:], name, blocks)
    decoders = by_side("decoder", options.split_decoders)
    bgr = ENCODERS[options.enc_architecture].bgr
    for name in dict.fromkeys(decoders.values()):
        parts[name] = decoder(maps, name, options, blocks, bgr)
    return PhazeA(parts, fcs, g_blocks, decoders)


def encoder(options: Options, blocks: Blocks) -> Any:
    """Faces to maps, or to a code where the bottleneck belongs to the encoder."""
    kind = ENCODERS[options.enc_architecture]
    size = kind.input_size(options.enc_scaling)
    x = inputs = keras.Input((size, size, 3), name="face")
    if kind.bgr:
        x = SwapColours(name="to_bgr")(x)
    if kind.scale != (1.0, 0.0):
        x = keras.layers.Rescaling(*kind.scale, name="scale")(x)
    inputs, x = kind.build(inputs, x, options, blocks)
    x = bottleneck(x, options, blocks) if options.bottleneck_in_encoder else x
    return model(inputs, x, "encoder")


def fc_names(options: Options) -> dict[str, tuple[str, ...]]:
    """Each side's dense parts: its own, then the shared one."""
    own = by_side("fc", options.split_fc)
    if options.shared_fc == "none":
        return {side: (name,) for side, name in own.items()}
    shared = "fc_shared" if options.shared_fc == "full" else own["a"]
    return {side: (name, shared) for side, name in own.items()}


def by_side(part: str, split: bool) -> dict[str, str]:
    """A sub-model's name for each side."""
    return {side: f"{part}_{side}" if split else f"{part}_both" for side in "ab"}
