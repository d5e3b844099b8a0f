"""A compact network of our own that learns a swap in minutes on a machine without a GPU.

64 px in, 96 px out. Every convolution runs on maps of 3 to 48 px with channels in multiples of
16, where a CPU reaches its matrix rate: the first one takes blocks of pixels as channels, the
last one makes blocks of pixels at half the output's size. The encoder sees faces at one light and
contrast and no background, so the swap takes the other side's light and convert matches it.
"""

from __future__ import annotations

from typing import Any

import keras

from engine.train.layers import (
    Alike,
    Conv,
    FaceLight,
    PixelShuffle,
    Sigmoid,
    SpaceToDepth,
    upscale,
)

VERSION = 1
INPUT_SIZE = 64
OUTPUT_SIZE = 96
LEARNING_RATE = 1e-3
DECAY = True
LOSS = {"ssim": 1.0, "mae": 2.0}
WARP = 5 / 256
COLOUR_TARGET = False
DEFAULTS: dict[str, Any] = {}
LEAK = 0.1
CODE = 96
"""Numbers between encoder and decoder: few, so that a code says how a face looks, not whose."""


def build(options: dict[str, Any]) -> dict[str, Any]:
    """The shared encoder and the two decoders."""
    return {
        "encoder": encoder(),
        "decoder_a": decoder("decoder_a"),
        "decoder_b": decoder("decoder_b"),
    }


def encoder() -> Any:
    """(n, 64, 64, 3) to (n, 6, 6, 128)."""
    x = inputs = keras.Input((INPUT_SIZE, INPUT_SIZE, 3), name="face")
    x = FaceLight(name="light")(x)
    x = SpaceToDepth(scale=2, name="blocks")(x)
    for number, filters in enumerate((64, 128, 256), 1):
        x = Conv(filters, 3, stride=2, leak=LEAK, name=f"conv_{number}")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    x = keras.layers.Dense(CODE, name="dense_1")(x)
    x = keras.layers.Dense(6 * 6 * 128, name="dense_2")(x)
    x = keras.layers.Reshape((6, 6, 128), name="reshape")(x)
    return keras.Model(inputs, x, name="encoder")


def decoder(name: str) -> Any:
    """(n, 6, 6, 128) to (n, 96, 96, 3) in 0..1."""
    x = inputs = keras.Input((6, 6, 128), name="code")
    for number, filters in enumerate((128, 64, 48), 1):
        x = upscale(x, filters, f"upscale_{number}", LEAK, Alike())
    x = Conv(3 * 4, 3, initializer=Alike(), name="face")(x)
    x = Sigmoid(name="sigmoid")(PixelShuffle(name="face_shuffle")(x))
    return keras.Model(inputs, x, name=name)
