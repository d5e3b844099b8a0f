"""LPIPS: how differently a network that knows pictures answers two of them.

At some depths the answers are made unit vectors over the channels, their squared difference is
weighted by learnt heads and summed over the channels; the maps of all depths, enlarged to the
picture bilinearly, are added. Which network that is, each `lpips_*` file says.

Source: R. Zhang, P. Isola, A. A. Efros, E. Shechtman, O. Wang, "The Unreasonable Effectiveness of
Deep Features as a Perceptual Metric", CVPR 2018; heads of version 0.1, read as a map.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from engine.errors import Damaged
from engine.models import arrays, store
from engine.models.manifest import MODELS

SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
"""Of RGB in -1..1, for networks that were trained on ImageNet."""
TINY = 1e-10
"""Beside the squared length of an answer, so that none has one."""

Layers = Mapping[str, tuple[Any, Any]]
"""Kernel (height, width, in, out) and bias of each convolution."""


class Network(NamedTuple):
    """A network and its heads: which files, and what must be in them."""

    backbone: str
    """Key of its weights in the model store."""
    heads: str
    convolutions: tuple[tuple[str, tuple[int, int, int, int]], ...]
    """Names, and shapes of the kernels (height, width, in, out)."""
    channels: tuple[int, ...]
    """Of the answers, at each depth."""


class Weights(NamedTuple):
    """What a network computes with, on the device."""

    layers: dict[str, tuple[Any, Any]]
    heads: list[Any]
    """A weight for each channel at each depth."""


def weights(network: Network) -> Weights:
    """A network's weights, read once. Raises `ModelMissing` or `Damaged`."""
    return _weights(network, str(store.folder()))


def distance(
    truth: Any, predicted: Any, network: Network, answers: Callable[[Any, Layers], Sequence[Any]]
) -> Any:
    """(n, size, size, 1), of pictures in 0..1; `answers` runs the network."""
    layers, heads = weights(network)
    size = truth.shape[1:3]
    both = (answers(scaled(x), layers) for x in (truth, predicted))
    maps = [
        tf.reduce_sum(tf.math.squared_difference(unit(t), unit(p)) * head, -1, keepdims=True)
        for t, p, head in zip(*both, heads, strict=True)
    ]
    return tf.add_n([tf.image.resize(found, size) for found in maps])


def scaled(pictures: Any) -> Any:
    """Pictures in 0..1 as the networks were trained on them."""
    return (pictures * 2.0 - 1.0 - tf.constant(SHIFT)) / tf.constant(SCALE)


def unit(answers: Any) -> Any:
    """Answers of length 1 over the channels, those of none left as they are."""
    squares = tf.reduce_sum(tf.square(answers), axis=-1, keepdims=True)
    return answers * tf.math.rsqrt(squares + TINY)


def convolve(x: Any, layer: tuple[Any, Any], stride: int = 1, padding: str = "SAME") -> Any:
    """A convolution with its bias and ReLU."""
    kernel, bias = layer
    return tf.nn.relu(tf.nn.conv2d(x, kernel, stride, padding) + bias)


@lru_cache(maxsize=4)
def _weights(network: Network, folder: str) -> Weights:
    """As `weights`, of the model store in a folder."""
    found = arrays.load(network.backbone)
    heads = arrays.load(network.heads)
    try:
        layers = {name: _layer(found, name, shape) for name, shape in network.convolutions}
        lines = [
            np.reshape(heads[f"lin{depth}.model.1.weight"], channels)
            for depth, channels in enumerate(network.channels)
        ]
    except (KeyError, ValueError) as error:
        titles = " and ".join(MODELS[key].title for key in (network.backbone, network.heads))
        raise Damaged(f"The weights of {titles} have other layers: bring them again.") from error
    with tf.init_scope():  # outside the step that is being compiled, which then only refers to them
        on_device = {n: (tf.constant(k), tf.constant(b)) for n, (k, b) in layers.items()}
        return Weights(on_device, [tf.constant(line, tf.float32) for line in lines])


def _layer(found: arrays.Arrays, name: str, shape: tuple[int, int, int, int]) -> tuple[Any, Any]:
    """A layer of a PyTorch file. Raises `KeyError` or `ValueError` when it isn't there."""
    kernel = np.asarray(found[f"{name}.weight"], np.float32).transpose(2, 3, 1, 0)
    bias = np.asarray(found[f"{name}.bias"], np.float32)
    if kernel.shape != shape or bias.shape != shape[-1:]:
        raise ValueError(name)
    return kernel, bias
