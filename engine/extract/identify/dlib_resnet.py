"""dlib's face recognition network rebuilt in TensorFlow: 128 numbers that tell people apart.

A ResNet of 29 convolutions, 5,614,592 numbers with their scales and shifts, which are folded into
the convolutions here. Source of the architecture: dlib's example dnn_face_recognition_ex.cpp
(public domain); weights CC0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine import packs
from engine.extract.identify.chip import SIDE, chip
from engine.extract.identify.weights import read_tensors
from engine.extract.tensors import leave_memory_to_others
from engine.faces.geometry import Points

MEAN_RGB = (122.782, 117.001, 104.298)
BATCHES = (1, 16)
"""Sizes that a batch is filled up to: one trace of the network for each."""

STAGES = ((32, 3, False), (64, 4, True), (128, 3, True), (256, 3, True), (256, 1, True))
"""Channels, blocks, and whether the first block halves the size."""


def distance(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Euclidean distance of embeddings (..., 128), broadcast over the leading axes."""
    return np.linalg.norm(np.asarray(a) - np.asarray(b), axis=-1)


class Identifier:
    """The network, ready to run. Loading takes seconds: TensorFlow comes with it."""

    name = "dlib-resnet"

    def __init__(self) -> None:
        leave_memory_to_others()
        convolutions, self._dense = _weights()
        self._convolutions = [(tf.constant(w), tf.constant(b)) for w, b in convolutions]
        self._runs = {n: self._compiled(n) for n in BATCHES}

    def embed(self, rgb: NDArray[np.uint8], points: Sequence[Points]) -> NDArray[np.float32]:
        """Embeddings (n, 128) of the faces with these (68, 2) landmarks in one frame."""
        return self.embed_chips([chip(rgb, p) for p in points])

    def embed_chips(self, chips: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Embeddings (n, 128) of chips."""
        found = np.zeros((len(chips), 128), np.float32)
        for start in range(0, len(chips), BATCHES[-1]):
            part = chips[start : start + BATCHES[-1]]
            size = next(n for n in BATCHES if n >= len(part))
            batch = np.zeros((size, SIDE, SIDE, 3), np.uint8)
            batch[: len(part)] = part
            found[start : start + len(part)] = self._runs[size](batch).numpy()[: len(part)]
        return found

    def _compiled(self, size: int) -> Any:
        signature = [tf.TensorSpec((size, SIDE, SIDE, 3), tf.uint8)]
        return tf.function(self._network, input_signature=signature)

    def _network(self, chips: Any) -> Any:
        layers = iter(self._convolutions)
        x = (tf.cast(chips, tf.float32) - MEAN_RGB) / 256.0
        x = tf.nn.relu(_convolve(x, next(layers), 2))
        x = tf.nn.max_pool2d(x, 3, 2, "VALID")
        for _, blocks, halves in STAGES:
            for number in range(blocks):
                x = _block(x, next(layers), next(layers), halve=halves and number == 0)
        return tf.reduce_mean(x, (1, 2)) @ self._dense


def _block(x: Any, first: Any, second: Any, *, halve: bool) -> Any:
    """Two convolutions beside a shortcut; a halving one's shortcut is a 2x2 mean."""
    inner = tf.nn.relu(_convolve(x, first, 2 if halve else 1))
    inner = _convolve(inner, second, 1)
    shortcut = tf.nn.avg_pool2d(x, 2, 2, "VALID") if halve else x
    shape = [max(a, b) for a, b in zip(inner.shape[1:], shortcut.shape[1:], strict=True)]
    return tf.nn.relu(_filled(inner, shape) + _filled(shortcut, shape))


def _filled(x: Any, shape: list[int]) -> Any:
    """Zeros behind the rows, columns and channels up to a shape."""
    missing = [aim - have for aim, have in zip(shape, x.shape[1:], strict=True)]
    return tf.pad(x, [(0, 0), *((0, n) for n in missing)]) if any(missing) else x


def _convolve(x: Any, layer: tuple[Any, Any], stride: int) -> Any:
    weights, bias = layer
    return tf.nn.conv2d(x, weights, stride, "SAME" if stride == 1 else "VALID") + bias


def _shapes() -> list[tuple[int, int, int]]:
    """Outputs, inputs and kernel side of each convolution."""
    shapes, inputs = [(32, 3, 7)], 32
    for channels, blocks, _ in STAGES:
        for _ in range(blocks):
            shapes += [(channels, inputs, 3), (channels, channels, 3)]
            inputs = channels
    return shapes


def _weights() -> tuple[list[tuple[NDArray[np.float32], NDArray[np.float32]]], Any]:
    """Kernels (h, w, in, out) and biases with their scales folded in, and the last matrix."""
    shapes = _shapes()
    sizes = [n for o, i, k in shapes for n in (o * i * k * k + o, 2 * o)] + [256 * 128]
    tensors = read_tensors(packs.find("dlib-resnet"), sizes)
    layers = []
    for (outputs, inputs, side), numbers, affine in zip(
        shapes, tensors[0:-1:2], tensors[1:-1:2], strict=True
    ):
        scale, shift = affine[:outputs], affine[outputs:]
        kernel = numbers[:-outputs].reshape(outputs, inputs, side, side).transpose(2, 3, 1, 0)
        layers.append((kernel * scale, numbers[-outputs:] * scale + shift))
    return layers, tf.constant(tensors[-1].reshape(256, 128))
