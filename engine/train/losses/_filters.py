"""Filters and changes of size along both sides of a picture, each a product with a matrix.

For pictures of a few channels two products with a band matrix are far faster on a CPU than a
convolution. Matrices are (size of the result, size of the picture), float32.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Taps = NDArray[np.float64]
"""Weights of a filter along one side, an odd number of them."""


def along(x: Any, down: Matrix, across: Matrix | None = None) -> Any:
    """(n, size, size, c) with `down` along its columns, and `across`, else the same, along its
    rows."""
    size, channels = x.shape[1], x.shape[3]
    columns = tf.constant(down)
    rows = columns if across is None else tf.constant(across)
    high, wide = columns.shape[0], rows.shape[0]
    x = tf.matmul(columns, tf.reshape(x, [-1, size, size * channels]))
    # One product of all rows of all channels: many small ones take several times as long.
    x = tf.transpose(tf.reshape(x, [-1, high, size, channels]), [0, 1, 3, 2])
    x = tf.matmul(tf.reshape(x, [-1, size]), rows, transpose_b=True)
    return tf.transpose(tf.reshape(x, [-1, high, channels, wide]), [0, 1, 3, 2])


def gaussian(taps: int, sigma: float) -> Taps:
    """A Gaussian of an odd number of taps, of sum 1."""
    offsets = np.arange(taps) - taps // 2
    window = np.exp(-(offsets**2) / (2.0 * sigma**2))
    return np.asarray(window / window.sum())


def band(taps: Taps, size: int) -> Matrix:
    """(size - taps + 1, size): where the filter fits whole; each row one pixel further on."""
    matrix = np.zeros((size - len(taps) + 1, size), np.float32)
    for row in range(len(matrix)):
        matrix[row, row : row + len(taps)] = taps
    return matrix


def edged(taps: Taps, size: int, edges: Literal["edge", "reflect"]) -> Matrix:
    """(size, size): the filter with the picture's edges repeated or reflected."""
    radius = len(taps) // 2
    padded = np.pad(np.eye(size, dtype=np.float32), ((radius, radius), (0, 0)), mode=edges)
    return np.asarray(band(taps, size + 2 * radius) @ padded, np.float32)


def area(size: int, side: int) -> Matrix:
    """(side, size): each pixel of the result the mean of what it covers."""
    step = size / side
    starts, pixels = np.arange(side)[:, None] * step, np.arange(size)
    covered = np.minimum(starts + step, pixels + 1) - np.maximum(starts, pixels)
    return np.asarray(np.maximum(covered, 0.0) / step, np.float32)
