"""A compact network of our own that learns a swap in minutes on a machine without a GPU.

64 px in, 96 px out. Every convolution runs on maps of 3 to 48 px with channels in multiples of
16, where a CPU reaches its matrix rate: the first one takes blocks of pixels as channels, the
last one makes blocks of pixels at half the output's size. The encoder sees faces at one light and
contrast and no background, so the swap takes the other side's light and convert matches it.
"""

from __future__ import annotations

from typing import Any

import keras

from engine.train.architecture import Architecture, Sizes
from engine.train.blocks import Blocks, model
from engine.train.layers import Alike, FaceLight, PixelShuffle, Sigmoid, SpaceToDepth
from engine.train.models import Habits, NoOptions

VERSION = 1
HABITS = Habits(learning_rate=1e-3, decay=True, loss="ssim, mae:2", colour_target=False)
Options = NoOptions
INPUT, OUTPUT = 64, 96
CODE = 96
"""Numbers between encoder and decoder: few, so that a code says how a face looks, not whose."""


def sizes(options: NoOptions) -> Sizes:
    """64 px in, 96 px out."""
    return Sizes(INPUT, (OUTPUT,))


def build(options: NoOptions, blocks: Blocks) -> Architecture:
    """The shared encoder and the two decoders."""
    parts = {"encoder": encoder(blocks)}
    for side in "ab":
        parts[f"decoder_{side}"] = decoder(blocks, f"decoder_{side}")
    return Architecture(parts)


def encoder(blocks: Blocks) -> Any:
    """(n, 64, 64, 3) to (n, 6, 6, 128)."""
    inputs = keras.Input((INPUT, INPUT, 3), name="face")
    x = SpaceToDepth(scale=2, name="blocks")(FaceLight(name="light")(inputs))
    for number, filters in enumerate((64, 128, 256), 1):
        x = blocks.conv(x, filters, 3, name=f"conv_{number}")
    x = blocks.dense(blocks.flatten(x), CODE, "dense_1")
    x = blocks.dense(x, 6 * 6 * 128, "dense_2")
    return model(inputs, blocks.reshape(x, 6, 128), "encoder")


def decoder(blocks: Blocks, name: str) -> Any:
    """(n, 6, 6, 128) to (n, 96, 96, 3) in 0..1."""
    x = inputs = keras.Input((6, 6, 128), name="code")
    for number, filters in enumerate((128, 64, 48), 1):
        x = blocks.upscale(x, filters, f"upscale_{number}", initializer=Alike())
    x = blocks.conv(x, 3 * 4, 3, stride=1, leak=None, initializer=Alike(), name="face")
    face = Sigmoid(name="sigmoid")(PixelShuffle(name="face_shuffle")(x))
    # A mask is simpler than a face: half the channels do.
    return model(inputs, [face, *mask(blocks, inputs)], name)


def mask(blocks: Blocks, code: Any) -> list[Any]:
    """The mask branch, where one is learnt: (n, 96, 96, 1)."""
    if not blocks.learn_mask:
        return []
    x = code
    for number, filters in enumerate((64, 32, 16), 1):
        x = blocks.upscale(x, filters, f"mask_upscale_{number}", initializer=Alike())
    x = blocks.conv(x, 4, 3, stride=1, leak=None, initializer=Alike(), name="mask")
    return [Sigmoid(name="mask_sigmoid")(PixelShuffle(name="mask_shuffle")(x))]
