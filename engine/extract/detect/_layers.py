"""Convolutions of published networks, from arrays in PyTorch's layout or in Keras'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import Damaged

Layer = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Kernel (height, width, in, out) and biases (out,)."""


def convolution(
    found: Mapping[str, NDArray[Any]], name: str, shape: tuple[int, int, int], title: str
) -> Layer:
    """The layer of this name; `shape` is outputs, inputs and side of its kernel.

    Raises `Damaged` when it is not there or of another shape.
    """
    outputs, inputs, side = shape
    kernel, biases = found.get(f"{name}.weight"), found.get(f"{name}.bias")
    if kernel is not None and kernel.shape == (outputs, inputs, side, side):
        kernel = kernel.transpose(2, 3, 1, 0)
    if kernel is None or kernel.shape != (side, side, inputs, outputs):
        raise Damaged(f"The weights of {title} have no {name} of its shape: import others.")
    if biases is None or biases.shape != (outputs,):
        raise Damaged(f"The weights of {title} have no biases of {name}: import others.")
    return np.ascontiguousarray(kernel, np.float32), np.asarray(biases, np.float32)
