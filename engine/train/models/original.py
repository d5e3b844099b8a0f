"""The original face-swap autoencoder: 64 px in and out, 82,062,470 weights.

An encoder that both sides share, which halves the picture four times, goes through a linear
bottleneck and back up once; and a decoder for each side that doubles three times. The network of
the first public "deepfakes" code of 2017/18. It works on BGR, as that code did, so that weights
can be exchanged; the swap of colours happens inside.
"""

from __future__ import annotations

from typing import Any

import keras

from engine.train.layers import Conv, Sigmoid, SwapColours, upscale

VERSION = 1
INPUT_SIZE = 64
OUTPUT_SIZE = 64
LEARNING_RATE = 5e-5
DECAY = False
LOSS = {"ssim": 1.0, "mse": 1.0}
WARP = 5 / 256
COLOUR_TARGET = True
DEFAULTS: dict[str, Any] = {}
LEAK = 0.1


def build(options: dict[str, Any]) -> dict[str, Any]:
    """Encoder of 69,662,976 weights and two decoders of 6,199,747 each."""
    return {
        "encoder": encoder(),
        "decoder_a": decoder("decoder_a"),
        "decoder_b": decoder("decoder_b"),
    }


def encoder() -> Any:
    """(n, 64, 64, 3) to (n, 8, 8, 512)."""
    x = inputs = keras.Input((INPUT_SIZE, INPUT_SIZE, 3), name="face")
    x = SwapColours(name="to_bgr")(x)
    for number, filters in enumerate((128, 256, 512, 1024), 1):
        x = Conv(filters, 5, stride=2, leak=LEAK, name=f"conv_{number}")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    x = keras.layers.Dense(1024, name="dense_1")(x)
    x = keras.layers.Dense(4 * 4 * 1024, name="dense_2")(x)
    x = keras.layers.Reshape((4, 4, 1024), name="reshape")(x)
    return keras.Model(inputs, upscale(x, 512, "upscale_1"), name="encoder")


def decoder(name: str) -> Any:
    """(n, 8, 8, 512) to (n, 64, 64, 3) in 0..1."""
    x = inputs = keras.Input((8, 8, 512), name="code")
    for number, filters in enumerate((256, 128, 64), 1):
        x = upscale(x, filters, f"upscale_{number}")
    x = Conv(3, 5, name="face")(x)
    x = SwapColours(name="to_rgb")(Sigmoid(name="sigmoid")(x))
    return keras.Model(inputs, x, name=name)
