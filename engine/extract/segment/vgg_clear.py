"""FCN-8s on a VGG-16 for faces that nothing covers: 134,271,430 weights, 300 px.

Source: Y. Nirkin et al., "On Face Segmentation, Face Swapping, and Face Perception", FG 2018, its
network for 300 px; J. Long, E. Shelhamer, T. Darrell, "Fully Convolutional Networks for Semantic
Segmentation", CVPR 2015, in the form that is trained at once, with the pools scaled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.extract.segment._net import Layers, Net, Shapes, by_shapes
from engine.faces.geometry import Centring

MEAN_BGR = (104.00699, 116.66877, 122.67892)
BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
"""Convolutions and their channels before each halving."""
CLASSES = 2
"""Not face and face."""
BORDER = 100
"""Pixels of zeros around the picture, so that the 7x7 of fc6 has something to look at."""
POOLS = {4: (0.01, 5), 3: (0.0001, 9)}
"""By what the pool's values are scaled, and where its scores meet those from below."""
START = 31
"""Where the picture begins in the scores at the end."""


def shapes() -> dict[str, Shapes]:
    """Kernel and bias of each layer; the kernel of an `upscore` is (k, k, out, in), no bias."""
    found: dict[str, Shapes] = {}
    inputs = 3
    for block, (count, channels) in enumerate(BLOCKS, 1):
        for number in range(1, count + 1):
            found[f"conv{block}_{number}"] = ((3, 3, inputs, channels), (channels,))
            inputs = channels
    found["fc6"] = ((7, 7, inputs, 4096), (4096,))
    found["fc7"] = ((1, 1, 4096, 4096), (4096,))
    found["score_fr"] = ((1, 1, 4096, CLASSES), (CLASSES,))
    for pool in POOLS:
        found[f"score_pool{pool}"] = ((1, 1, BLOCKS[pool - 1][1], CLASSES), (CLASSES,))
    for name, side in (("upscore2", 4), ("upscore_pool4", 4), ("upscore8", 16)):
        found[name] = ((side, side, CLASSES, CLASSES),)
    return found


class Segmenter(Net):
    """Face-centred crops, BGR 0..255 less the mean of the training's pictures."""

    name = "vgg_clear"
    key = "vgg-clear"
    side: ClassVar[int] = 300
    centring: ClassVar[Centring] = "face"
    batch = 1

    @classmethod
    def layers(cls, found: Mapping[str, NDArray[Any]]) -> Layers:
        """As the Keras file has them."""
        return by_shapes(found, shapes(), cls.key)

    def face(self, rgb: Any, layers: Mapping[str, Sequence[Any]]) -> Any:
        """The softmax of the scores: of the whole, and of two pools, enlarged and added."""
        x = tf.reverse(rgb, [-1]) - np.array(MEAN_BGR, np.float32)
        # The first convolution takes one pixel on each side, as it adds none.
        x = tf.pad(x, [[0, 0], [BORDER - 1] * 2, [BORDER - 1] * 2, [0, 0]])
        pools = {}
        for block, (count, _) in enumerate(BLOCKS, 1):
            for number in range(1, count + 1):
                x = _convolve(x, layers[f"conv{block}_{number}"], "SAME")
            x = pools[block] = tf.nn.max_pool2d(x, 2, 2, "SAME")
        x = _convolve(_convolve(x, layers["fc6"], "VALID"), layers["fc7"], "VALID")
        x = _enlarge(_score(x, layers["score_fr"]), layers["upscore2"], 2)
        for pool, up, factor in ((4, "upscore_pool4", 2), (3, "upscore8", 8)):
            scale, start = POOLS[pool]
            scores = _score(pools[pool] * scale, layers[f"score_pool{pool}"])
            x = _enlarge(x + _part(scores, start, x.shape[1]), layers[up], factor)
        return tf.nn.softmax(_part(x, START, self.side))[..., 1]


def _convolve(x: Any, layer: Sequence[Any], padding: str) -> Any:
    kernel, bias = layer
    return tf.nn.relu(tf.nn.conv2d(x, kernel, 1, padding) + bias)


def _score(x: Any, layer: Sequence[Any]) -> Any:
    kernel, bias = layer
    return tf.nn.conv2d(x, kernel, 1, "VALID") + bias


def _enlarge(x: Any, layer: Sequence[Any], factor: int) -> Any:
    """Larger by a factor, and by the kernel's reach at the end."""
    (kernel,) = layer
    side = (x.shape[1] - 1) * factor + kernel.shape[0]
    shape = [tf.shape(x)[0], side, side, CLASSES]
    return tf.nn.conv2d_transpose(x, kernel, shape, factor, "VALID")


def _part(x: Any, start: int, side: int) -> Any:
    return x[:, start : start + side, start : start + side]
