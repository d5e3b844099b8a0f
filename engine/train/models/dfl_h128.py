"""The H128 network of DeepFaceLab's first years: 128 px in and out, 107,716,102 weights."""

from __future__ import annotations

from typing import Annotated

import msgspec

from engine.settings.about import about
from engine.train.architecture import Architecture, Sizes
from engine.train.blocks import Blocks
from engine.train.models import Habits
from engine.train.models.original import decoder, encoder

VERSION = 1
HABITS = Habits()
SIZE = 128


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One size; half the widths for cards with little memory."""

    lowmem: Annotated[bool, about("half the bottleneck and half the decoders' widths")] = False


def sizes(options: Options) -> Sizes:
    """128 px in and out."""
    return Sizes(SIZE, (SIZE,))


def build(options: Options, blocks: Blocks) -> Architecture:
    """Encoder of 77,018,880 weights and two decoders of 15,348,611 (40,563,200 and 3,840,451 with
    `lowmem`)."""
    n = 256 if options.lowmem else 512
    parts = {"encoder": encoder(blocks, SIZE, (128, 256, 512, 1024), n, 8, n, n)}
    for side in "ab":
        parts[f"decoder_{side}"] = decoder(
            blocks, f"decoder_{side}", n, (n, n // 2, n // 4), side=16
        )
    return Architecture(parts)
