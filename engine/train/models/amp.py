"""DeepFaceLab's AMP: how far a face becomes B's is a choice of each conversion.

101,345,195 weights by default. Its "dst" is our A, the person replaced, its "src" our B. In
training B's code takes some channels, drawn anew for each face, of inter_src and the others of
inter_dst, so that a decoder learns every mixture. Where the published code leaves the two
intermediates out of what its optimiser moves, they learn here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import keras
import msgspec
import tensorflow as tf

from engine.settings.about import about
from engine.train.architecture import Architecture, Sizes
from engine.train.blocks import Blocks, model
from engine.train.chance import Chance
from engine.train.models import Habits
from engine.train.models._dfl import Letters, Parts
from engine.train.models.saehd import mask_filters

VERSION = 1
HABITS = Habits(optimiser="adabelief", learns_mask=True)
LETTERS = Letters(pixel_norm=True, double=True, deeper=True)


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Size, widths and the mixture."""

    resolution: Annotated[int, about("side of the pictures", 64, 640, step=32, unit="px")] = 224
    ae_dims: Annotated[int, about("numbers of the code", 32, 1024)] = 256
    inter_dims: Annotated[int, about("channels of the intermediates", 32, 2048)] = 1024
    e_dims: Annotated[int, about("channels of the encoder", 16, 256, step=2)] = 64
    d_dims: Annotated[int, about("channels of the decoder", 16, 256, step=2)] = 64
    d_mask_dims: Annotated[
        int, about("channels of the mask branch; 0 is a third of d_dims", 0, 256, step=2)
    ] = 0
    morph_factor: Annotated[float, about("share of B's own channels in training", 0.1, 0.5)] = 0.5
    morph: Annotated[float, about("share of B's own channels in the swap", 0, 1)] = 1.0


def sizes(options: Options) -> Sizes:
    """The same size in and out."""
    return Sizes(options.resolution, (options.resolution,))


class Morph(Chance):
    """Some channels of one code, the others of another: the first ones, or in training as many
    that are drawn for each face."""

    def __init__(self, share: float, *, name: str) -> None:
        super().__init__(name=name)
        self.share = share

    def call(self, codes: Any, training: bool = False) -> Any:
        """Two codes (n, h, w, c) to one."""
        own, other = codes
        channels = own.shape[-1]
        order = (
            tf.range(channels)[None] if not training else self._drawn(tf.shape(own)[0], channels)
        )
        mine = tf.cast(order < int(channels * self.share), own.dtype)[:, None, None]
        return own * mine + other * (1 - mine)

    def _drawn(self, count: Any, channels: int) -> Any:
        """(count, channels): for each face the numbers from 0 in an order of its own."""
        drawn = tf.random.stateless_uniform([count, channels], self.seed)
        return tf.argsort(tf.argsort(drawn))


@dataclass
class Amp(Architecture):
    """A's code is inter_dst's; B's is a mixture of inter_src's and inter_dst's."""

    def both(self, faces: Any) -> tuple[Any, Any]:
        """The encoder, inter_dst and the decoder are called once."""
        encoded = self.encode(faces, True)
        code_a, other_b = tf.split(self.run("inter_dst", encoded, True), 2)
        own_b = self.run("inter_src", tf.split(encoded, 2)[1], True)
        code_b = self.run("morph_training", [own_b, other_b], True)
        return self.joined("decoder", code_a, code_b)

    def decode(self, code: Any, side: str, training: bool) -> Any:
        """B's face is as much B's as `morph` says."""
        maps = self.run("inter_dst", code, training)
        if side == "b":
            maps = self.run("morph", [self.run("inter_src", code, training), maps], training)
        return self.run("decoder", maps, training)


def build(options: Options, blocks: Blocks) -> Amp:
    """The sub-models, called as there, and the two mixtures, which have no weights."""
    make, size = Parts(blocks, LETTERS), options.resolution
    parts = {"encoder": make.encoder(size, options.e_dims, options.ae_dims)}
    for name in ("inter_src", "inter_dst"):
        parts[name] = inter(name, options, blocks, make.lowest(size))
    shape = parts["inter_dst"].output.shape[1:]
    parts["decoder"] = make.decoder("decoder", shape, options.d_dims, mask_filters(options))
    for name, share in (("morph_training", options.morph_factor), ("morph", options.morph)):
        codes = [keras.Input(shape, name="own"), keras.Input(shape, name="other")]
        parts[name] = model(codes, Morph(share, name="mixture")(codes), name)
    return Amp(parts)


def inter(name: str, options: Options, blocks: Blocks, side: int) -> Any:
    """The code to maps by one dense layer."""
    inputs = keras.Input((options.ae_dims,), name="encoded")
    x = blocks.dense(inputs, side * side * options.inter_dims, "dense")
    return model(inputs, blocks.reshape(x, side, options.inter_dims), name)
