"""Counts what a network computes, from the operations of its graph."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from engine.train.network import Network

MATRIX = 2048
"""Side of the square float32 matrices whose product sets the machine's rate."""


def forward_flop(network: Network, batch: int) -> float:
    """Floating-point operations of the products in one pass of `batch` faces a side; the way back
    is twice as many. Activations and sums are not counted. The weights need no numbers."""
    size = network.input_size
    spec = tf.TensorSpec((2 * batch, size, size, 3), tf.float32)
    variables = [v for part in network.parts.values() for v in part.variables]

    def outputs(faces: Any) -> Any:
        zeros = [(v, tf.zeros(v.shape, v.dtype)) for v in variables]
        with keras.StatelessScope(state_mapping=zeros):
            return network.both(faces)

    both = tf.function(outputs, autograph=False)
    graph = both.get_concrete_function(spec).graph
    return float(sum(_flop(op) for op in _operations(graph)))


def matrix_rate(times: int = 5) -> float:
    """Floating-point operations a second of a large float32 matrix product, the best of some."""
    a = tf.random.stateless_normal([MATRIX, MATRIX], [1, 2])
    product = tf.function(lambda: tf.reduce_sum(tf.matmul(a, a)), autograph=False)
    product()
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        product().numpy()
        best = min(best, time.perf_counter() - start)
    return 2.0 * MATRIX**3 / best


def _operations(graph: Any) -> Iterator[Any]:
    yield from graph.get_operations()
    for function in graph._functions.values():  # sub-graphs have no public list
        yield from _operations(getattr(function, "graph", tf.Graph()))


def _flop(op: Any) -> float:
    """Two for each multiplication with its sum."""
    if op.type == "Conv2D":
        return 2.0 * _size(op.outputs[0]) * float(np.prod(op.inputs[1].shape[:3]))
    if op.type == "DepthwiseConv2dNative":
        return 2.0 * _size(op.outputs[0]) * float(np.prod(op.inputs[1].shape[:2]))
    if op.type == "Conv2DBackpropInput":  # a transposed convolution forward
        return 2.0 * _size(op.inputs[2]) * float(np.prod(op.inputs[1].shape[:3]))
    if op.type in ("MatMul", "BatchMatMulV2"):
        flipped = op.get_attr("transpose_a" if op.type == "MatMul" else "adj_x")
        inner = op.inputs[0].shape[-2 if flipped else -1]
        return 2.0 * _size(op.outputs[0]) * float(inner)
    return 0.0


def _size(tensor: Any) -> float:
    return float(np.prod(tensor.shape))
