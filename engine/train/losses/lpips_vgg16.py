"""LPIPS on VGG-16: 14,714,688 weights and 1,472 in the heads, a map. The slowest of the three.

Source: as `_lpips`; K. Simonyan, A. Zisserman, "Very Deep Convolutional Networks for Large-Scale
Image Recognition", 2014, as torchvision has it.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from engine.train.losses import _lpips

MAP = True
BLOCKS = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))
"""The convolutions of each block, by number in torchvision's list; a halving stands between."""
CHANNELS = (64, 128, 256, 512, 512)


def _convolutions() -> tuple[tuple[str, tuple[int, int, int, int]], ...]:
    found, inputs = [], 3
    for block, channels in zip(BLOCKS, CHANNELS, strict=True):
        for number in block:
            found.append((f"features.{number}", (3, 3, inputs, channels)))
            inputs = channels
    return tuple(found)


NETWORK = _lpips.Network("vgg16", "lpips-vgg16", _convolutions(), CHANNELS)


def loss(truth: Any, predicted: Any) -> Any:
    """(n, size, size, 1), of pictures of at least 16 px. Raises `ModelMissing` or `Damaged`."""
    return _lpips.distance(truth, predicted, NETWORK, answers)


def require() -> None:
    """Read the weights. Raises `ModelMissing` or `Damaged`."""
    _lpips.weights(NETWORK)


def answers(x: Any, layers: _lpips.Layers) -> list[Any]:
    """At the end of each block."""
    found: list[Any] = []
    for block in BLOCKS:
        x = tf.nn.max_pool2d(x, 2, 2, "VALID") if found else x
        for number in block:
            x = _lpips.convolve(x, layers[f"features.{number}"])
        found.append(x)
    return found
