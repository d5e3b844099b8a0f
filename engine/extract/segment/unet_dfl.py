"""U-Net on a VGG-11 as DeepFaceLab trained it for faces: 22,955,617 weights, 256 px.

Source of the architecture: V. Iglovikov, A. Shvets, "TernausNet: U-Net with VGG11 Encoder
Pre-Trained on ImageNet for Image Segmentation", arXiv 1801.05746; the last convolution is 3x3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.extract.segment._net import Layers, Net, Shapes, by_shapes
from engine.faces.geometry import Centring

DOWN = ((64,), (128,), (256, 256), (512, 512), (512, 512))
"""Channels of the convolutions before each halving."""
UP = ((256, 512), (256, 512), (128, 256), (64, 128), (32, 64))
"""Channels of each doubling and of the convolution behind its joint with the way down."""


def shapes() -> dict[str, Shapes]:
    """Kernel and bias of each layer; a doubling's kernel is (k, k, out, in)."""
    found: dict[str, Shapes] = {}
    inputs = 3
    for number, block in enumerate(DOWN, 1):
        for place, channels in enumerate(block, 1):
            found[f"down_{number}_{place}"] = ((3, 3, inputs, channels), (channels,))
            inputs = channels
    found["centre"] = ((3, 3, inputs, inputs), (inputs,))
    for number, (doubled, channels) in enumerate(UP, 1):
        joined = doubled + DOWN[-number][-1]
        found[f"up_{number}"] = ((3, 3, doubled, inputs), (doubled,))
        found[f"joint_{number}"] = ((3, 3, joined, channels), (channels,))
        inputs = channels
    found["face"] = ((3, 3, inputs, 1), (1,))
    return found


class Segmenter(Net):
    """Legacy-centred crops, BGR 0..1."""

    name = "unet_dfl"
    key = "unet-dfl"
    side: ClassVar[int] = 256
    centring: ClassVar[Centring] = "legacy"
    batch = 8

    @classmethod
    def layers(cls, found: Mapping[str, NDArray[Any]]) -> Layers:
        """As the Keras file has them."""
        return by_shapes(found, shapes(), cls.key)

    def face(self, rgb: Any, layers: Mapping[str, Sequence[Any]]) -> Any:
        """Down, across, up: the sigmoid of the last convolution."""
        x = tf.reverse(rgb, [-1]) / np.float32(255.0)
        ways = []
        for number, block in enumerate(DOWN, 1):
            for place in range(1, len(block) + 1):
                x = tf.nn.relu(_convolve(x, layers[f"down_{number}_{place}"]))
            ways.append(x)
            x = tf.nn.max_pool2d(x, 2, 2, "VALID")
        x = tf.nn.relu(_convolve(x, layers["centre"]))
        for number in range(1, len(UP) + 1):
            x = tf.concat([_double(x, layers[f"up_{number}"]), ways.pop()], -1)
            x = tf.nn.relu(_convolve(x, layers[f"joint_{number}"]))
        return tf.sigmoid(_convolve(x, layers["face"]))[..., 0]


def _convolve(x: Any, layer: Sequence[Any]) -> Any:
    kernel, bias = layer
    return tf.nn.conv2d(x, kernel, 1, "SAME") + bias


def _double(x: Any, layer: Sequence[Any]) -> Any:
    kernel, bias = layer
    size = tf.shape(x)
    shape = [size[0], 2 * size[1], 2 * size[2], kernel.shape[2]]
    return tf.nn.relu(tf.nn.conv2d_transpose(x, kernel, shape, 2, "SAME") + bias)
