"""The lightweight network: 64 px in and out, 51,066,374 weights.

Original's with a smaller encoder and bottleneck and wider decoders, for cards with little memory.
"""

from __future__ import annotations

from engine.train.architecture import Architecture, Sizes
from engine.train.blocks import Blocks
from engine.train.models import Habits, NoOptions
from engine.train.models.original import SIZE, decoder, encoder

VERSION = 1
HABITS = Habits()
Options = NoOptions


def sizes(options: NoOptions) -> Sizes:
    """64 px in and out."""
    return Sizes(SIZE, (SIZE,))


def build(options: NoOptions, blocks: Blocks) -> Architecture:
    """Encoder of 29,806,336 weights and two decoders of 10,630,019."""
    parts = {"encoder": encoder(blocks, SIZE, (128, 256, 512), 512, channels=512, up=256)}
    for side in "ab":
        parts[f"decoder_{side}"] = decoder(blocks, f"decoder_{side}", 256, (512, 256, 128))
    return Architecture(parts)
