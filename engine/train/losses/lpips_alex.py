"""LPIPS on AlexNet: 2,469,696 weights and 1,152 in the heads, a map. The fastest of the three.

Source: as `_lpips`; A. Krizhevsky, "One weird trick for parallelizing convolutional neural
networks", 2014, as torchvision has it.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from engine.train.losses import _lpips

MAP = True
NETWORK = _lpips.Network(
    "alexnet",
    "lpips-alex",
    (
        ("features.0", (11, 11, 3, 64)),
        ("features.3", (5, 5, 64, 192)),
        ("features.6", (3, 3, 192, 384)),
        ("features.8", (3, 3, 384, 256)),
        ("features.10", (3, 3, 256, 256)),
    ),
    (64, 192, 384, 256, 256),
)


def loss(truth: Any, predicted: Any) -> Any:
    """(n, size, size, 1), of pictures of at least 32 px. Raises `ModelMissing` or `Damaged`."""
    return _lpips.distance(truth, predicted, NETWORK, answers)


def require() -> None:
    """Read the weights. Raises `ModelMissing` or `Damaged`."""
    _lpips.weights(NETWORK)


def answers(x: Any, layers: _lpips.Layers) -> list[Any]:
    """After each ReLU."""
    x = tf.pad(x, [[0, 0], [2, 2], [2, 2], [0, 0]])
    found = [_lpips.convolve(x, layers["features.0"], 4, "VALID")]
    for name in ("features.3", "features.6"):
        found.append(_lpips.convolve(tf.nn.max_pool2d(found[-1], 3, 2, "VALID"), layers[name]))
    for name in ("features.8", "features.10"):
        found.append(_lpips.convolve(found[-1], layers[name]))
    return found
