"""The improved autoencoder: 64 px in and out, 117,816,003 weights.

One encoder and one decoder for both sides; what tells the sides apart are the linear intermediates
between them, one for each side and one that both share.
"""

from __future__ import annotations

from typing import Any

import keras

from engine.train.architecture import Intermediates, Sizes
from engine.train.blocks import Blocks, model
from engine.train.models import Habits, NoOptions
from engine.train.models.original import SIZE, decoder

VERSION = 1
HABITS = Habits()
Options = NoOptions


def sizes(options: NoOptions) -> Sizes:
    """64 px in and out."""
    return Sizes(SIZE, (SIZE,))


def build(options: NoOptions, blocks: Blocks) -> Intermediates:
    """Encoder of 17,214,720 weights, three intermediates of 25,175,040, decoder of 25,076,163."""
    parts = {"encoder": encoder(blocks, SIZE, (128, 256, 512, 1024))}
    for name in ("inter_a", "inter_b", "inter_both"):
        parts[name] = inter(blocks, parts["encoder"].output.shape[-1], name)
    parts["decoder"] = decoder(blocks, "decoder", 1024, (512, 256, 128, 64), side=4)
    return Intermediates(parts, {side: (f"inter_{side}", "inter_both") for side in "ab"})


def encoder(blocks: Blocks, size: int, filters: tuple[int, ...]) -> Any:
    """(n, size, size, 3) to flat maps."""
    inputs, x = blocks.picture(size)
    return model(inputs, blocks.flatten(blocks.convs(x, filters)), "encoder")


def inter(blocks: Blocks, width: int, name: str) -> Any:
    """(n, width) through 1024 numbers to (n, 4, 4, 512)."""
    inputs = keras.Input((width,), name="encoded")
    return model(inputs, blocks.bottleneck(inputs, 1024, 4, 512), name)
