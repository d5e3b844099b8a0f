"""DeepFaceLab's Quick96: SAEHD's df-ud at 96 px with narrower codes, 38,294,330 weights."""

from __future__ import annotations

from engine.train.architecture import Sizes
from engine.train.blocks import Blocks
from engine.train.models import Habits, NoOptions, saehd
from engine.train.models._dfl import Parts

VERSION = 1
HABITS = Habits(learning_rate=2e-4, optimiser="rmsprop", learns_mask=True)
Options = NoOptions
FIXED = saehd.Options(resolution=96, archi="df-ud", ae_dims=128, d_mask_dims=16)


def sizes(options: NoOptions) -> Sizes:
    """96 px in and out."""
    return saehd.sizes(FIXED)


def build(options: NoOptions, blocks: Blocks) -> saehd.Df:
    """encoder, inter, decoder_src and decoder_dst."""
    return saehd.df(FIXED, Parts(blocks, saehd.kind(FIXED)[1]))
