"""The face alignment network: a stem and stacked hourglasses that end in 68 heatmaps.

2D-FAN has four stacks: 23,820,176 weights and 54,144 numbers of running statistics. Source: A.
Bulat and G. Tzimiropoulos, "How far are we from solving the 2D & 3D face alignment problem?", ICCV
2017; the names are those of the published PyTorch weights.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.errors import BadInput

STACKS = 4
DEPTH = 4
FEATURES = 256
POINTS = 68
EPSILON = 1e-5
NORM = ("weight", "bias", "running_mean", "running_var")

Shapes = dict[str, tuple[int, ...]]
Arrays = Mapping[str, NDArray[Any]]


def shapes(stacks: int = STACKS) -> Shapes:
    """All arrays of the network; convolutions are (height, width, in, out)."""
    found = _conv("conv1", 7, 3, 64, bias=True) | _norm("bn1", 64)
    found |= _block("conv2", 64, 128) | _block("conv3", 128, 128) | _block("conv4", 128, FEATURES)
    for n in range(stacks):
        blocks = [f"b{kind}_{level}" for level in range(1, DEPTH + 1) for kind in (1, 2, 3)]
        for name in [*(f"m{n}.{block}" for block in [*blocks, "b2_plus_1"]), f"top_m_{n}"]:
            found |= _block(name, FEATURES, FEATURES)
        found |= _conv(f"conv_last{n}", 1, FEATURES, FEATURES, bias=True)
        found |= _norm(f"bn_end{n}", FEATURES)
        found |= _conv(f"l{n}", 1, FEATURES, POINTS, bias=True)
        if n < stacks - 1:
            found |= _conv(f"bl{n}", 1, FEATURES, FEATURES, bias=True)
            found |= _conv(f"al{n}", 1, POINTS, FEATURES, bias=True)
    return found


def _conv(name: str, side: int, inputs: int, outputs: int, *, bias: bool = False) -> Shapes:
    found: Shapes = {f"{name}.weight": (side, side, inputs, outputs)}
    return found | {f"{name}.bias": (outputs,)} if bias else found


def _norm(name: str, channels: int) -> Shapes:
    return {f"{name}.{kind}": (channels,) for kind in NORM}


def _block(name: str, inputs: int, outputs: int) -> Shapes:
    half, quarter = outputs // 2, outputs // 4
    found = _norm(f"{name}.bn1", inputs) | _conv(f"{name}.conv1", 3, inputs, half)
    found |= _norm(f"{name}.bn2", half) | _conv(f"{name}.conv2", 3, half, quarter)
    found |= _norm(f"{name}.bn3", quarter) | _conv(f"{name}.conv3", 3, quarter, quarter)
    if inputs != outputs:
        found |= _norm(f"{name}.downsample.0", inputs)
        found |= _conv(f"{name}.downsample.2", 1, inputs, outputs)
    return found


def load(arrays: Arrays, stacks: int = STACKS) -> dict[str, NDArray[np.float32]]:
    """The network's arrays out of a file's, convolutions as here or as in PyTorch.

    Raises `BadInput` naming the first array that is missing, of another shape or not finite.
    """
    given = {_published(name): array for name, array in arrays.items()}
    return {name: _fitting(given, name, shape) for name, shape in shapes(stacks).items()}


def _published(name: str) -> str:
    """A name as published: others wrap the network, or count the blocks inside an hourglass."""
    name = name.removeprefix("module.").removeprefix("model.")
    return re.sub(r"^top_m0_(\d)", r"top_m_\1", re.sub(r"^(m\d\.b\d(_plus)?_\d)_0\.", r"\1.", name))


def _fitting(given: Arrays, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    if name not in given:
        raise BadInput(f"The weights are not FAN's as published: they have no {name}.")
    array = np.asarray(given[name], np.float32)
    if array.ndim == 4 and array.shape == (shape[3], shape[2], shape[0], shape[1]):
        array = array.transpose(2, 3, 1, 0)
    if array.shape != shape:
        raise BadInput(
            f"The weights are not FAN's as published: {name} has the shape "
            f"{'x'.join(map(str, array.shape))}, not {'x'.join(map(str, shape))}."
        )
    if not np.isfinite(array).all():
        raise BadInput(f"The weights of FAN are damaged: {name} has values that are no numbers.")
    return np.ascontiguousarray(array)


class FaceAlignmentNetwork:
    """The network, ready to be traced."""

    def __init__(self, weights: Arrays, stacks: int = STACKS) -> None:
        self._stacks = stacks
        self._weights = {name: tf.constant(array) for name, array in weights.items()}

    def __call__(self, crops: Any) -> Any:
        """Heatmaps (n, 64, 64, 68) of the last stack, of RGB crops (n, 256, 256, 3) in 0..1."""
        x = self._convolve(tf.pad(crops, [(0, 0), (3, 3), (3, 3), (0, 0)]), "conv1", 2, "VALID")
        x = self.block(self._even(x, "bn1"), "conv2")
        x = self.block(self.block(tf.nn.avg_pool2d(x, 2, 2, "VALID"), "conv3"), "conv4")
        for n in range(self._stacks):
            features = self.block(self._hourglass(x, f"m{n}", DEPTH), f"top_m_{n}")
            features = self._even(self._convolve(features, f"conv_last{n}"), f"bn_end{n}")
            heatmaps = self._convolve(features, f"l{n}")
            if n < self._stacks - 1:
                x += self._convolve(features, f"bl{n}") + self._convolve(heatmaps, f"al{n}")
        return heatmaps

    def block(self, x: Any, name: str) -> Any:
        """Three convolutions, each of the one before, side by side, beside a shortcut."""
        first = self._convolve(self._even(x, f"{name}.bn1"), f"{name}.conv1")
        second = self._convolve(self._even(first, f"{name}.bn2"), f"{name}.conv2")
        third = self._convolve(self._even(second, f"{name}.bn3"), f"{name}.conv3")
        if f"{name}.downsample.2.weight" in self._weights:
            x = self._convolve(self._even(x, f"{name}.downsample.0"), f"{name}.downsample.2")
        return tf.concat([first, second, third], -1) + x

    def _hourglass(self, x: Any, name: str, level: int) -> Any:
        upper = self.block(x, f"{name}.b1_{level}")
        lower = self.block(tf.nn.avg_pool2d(x, 2, 2, "VALID"), f"{name}.b2_{level}")
        if level > 1:
            lower = self._hourglass(lower, name, level - 1)
        else:
            lower = self.block(lower, f"{name}.b2_plus_1")
        lower = self.block(lower, f"{name}.b3_{level}")
        return upper + tf.repeat(tf.repeat(lower, 2, axis=1), 2, axis=2)

    def _convolve(self, x: Any, name: str, stride: int = 1, padding: str = "SAME") -> Any:
        x = tf.nn.conv2d(x, self._weights[f"{name}.weight"], stride, padding)
        bias = self._weights.get(f"{name}.bias")
        return x if bias is None else tf.nn.bias_add(x, bias)

    def _even(self, x: Any, name: str) -> Any:
        """Batch normalisation by the running statistics, and what is above zero of it."""
        scale, shift, mean, variance = (self._weights[f"{name}.{kind}"] for kind in NORM)
        x, *_ = tf.compat.v1.nn.fused_batch_norm(
            x, scale, shift, mean, variance, EPSILON, is_training=False
        )
        return tf.nn.relu(x)
