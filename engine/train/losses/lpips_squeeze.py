"""LPIPS on SqueezeNet 1.1: 722,496 weights and 2,240 in the heads, a map. The smallest.

Source: as `_lpips`; F. Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer
parameters and <0.5MB model size", 2016, version 1.1 as torchvision has it.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from engine.train.losses import _lpips

MAP = True
FIRES = {
    3: (64, 16, 64), 4: (128, 16, 64), 6: (128, 32, 128), 7: (256, 32, 128),
    9: (256, 48, 192), 10: (384, 48, 192), 11: (384, 64, 256), 12: (512, 64, 256),
}  # fmt: skip
"""Channels in, squeezed, and of each of the two expansions, by the module's number."""
HALVED = (3, 6, 9)
"""Modules before which the picture is halved."""
ANSWERS = (4, 7, 9, 10, 11, 12)


def _fire(number: int) -> tuple[tuple[str, tuple[int, int, int, int]], ...]:
    inputs, squeezed, expanded = FIRES[number]
    name = f"features.{number}"
    return (
        (f"{name}.squeeze", (1, 1, inputs, squeezed)),
        (f"{name}.expand1x1", (1, 1, squeezed, expanded)),
        (f"{name}.expand3x3", (3, 3, squeezed, expanded)),
    )


NETWORK = _lpips.Network(
    "squeezenet",
    "lpips-squeeze",
    (("features.0", (3, 3, 3, 64)), *(layer for number in FIRES for layer in _fire(number))),
    (64, *(2 * FIRES[number][2] for number in ANSWERS)),
)


def loss(truth: Any, predicted: Any) -> Any:
    """(n, size, size, 1), of pictures of at least 32 px. Raises `ModelMissing` or `Damaged`."""
    return _lpips.distance(truth, predicted, NETWORK, answers)


def require() -> None:
    """Read the weights. Raises `ModelMissing` or `Damaged`."""
    _lpips.weights(NETWORK)


def answers(x: Any, layers: _lpips.Layers) -> list[Any]:
    """After the first ReLU and after six of the fire modules."""
    x = _lpips.convolve(x, layers["features.0"], 2, "VALID")
    found = [x]
    for number in FIRES:
        x = halved(x) if number in HALVED else x
        squeezed = _lpips.convolve(x, layers[f"features.{number}.squeeze"])
        expanded = (layers[f"features.{number}.expand{kind}"] for kind in ("1x1", "3x3"))
        x = tf.concat([_lpips.convolve(squeezed, layer) for layer in expanded], axis=-1)
        if number in ANSWERS:
            found.append(x)
    return found


def halved(x: Any) -> Any:
    """The largest of 3x3 in steps of 2; a last window that reaches over the edge counts too."""
    beyond = (x.shape[1] - 3) % 2
    # What is padded is never the largest: a ReLU came before.
    x = tf.pad(x, [[0, 0], [0, beyond], [0, beyond], [0, 0]])
    return tf.nn.max_pool2d(x, 3, 2, "VALID")
