"""FLIP's colours: opponent channels of linear light, as the eye resolves them, in Hunt-adjusted
L*a*b*, and their HyAB distance.

The paper's YCxCz is linear in light but for an offset that no filter changes, and each of its
channels is filtered alone: without the offset and its scales nothing that follows is another.

Source: the paper of `flip`; sRGB of IEC 61966-2-1; CIE L*a*b*; HyAB: S. Abasi et al., "Distance
metrics for very large color differences", Color Research & Application 45(2), 2020.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.train.losses._filters import Taps, along, edged
from engine.train.losses._finite import power

PIXELS_PER_DEGREE = 3840 * math.pi / 180
"""Of a screen 0.7 m wide from 0.7 m away."""
SENSITIVITY = (
    ((1.0, 0.0047),),
    ((1.0, 0.0053),),
    ((34.1, 0.04), (13.5, 0.025)),
)
"""Amplitude and width of the Gaussians of each channel's contrast sensitivity: achromatic,
red-green, blue-yellow."""
RADIUS = math.ceil(3 * math.sqrt(0.04 / (2 * math.pi**2)) * PIXELS_PER_DEGREE)

_XYZ = (
    np.array(
        [
            [10135552 / 24577794, 8788810 / 24577794, 4435075 / 24577794],
            [2613072 / 12288897, 8788810 / 12288897, 887015 / 12288897],
            [1425312 / 73733382, 8788810 / 73733382, 70074185 / 73733382],
        ]
    )
)  # fmt: skip
WHITE_XYZ: NDArray[np.float64] = _XYZ / _XYZ.sum(axis=1, keepdims=True)
"""Linear sRGB to XYZ as shares of the white's (D65)."""
OPPONENT: NDArray[np.float64] = np.array([[0, 1, 0], [1, -1, 0], [0, 1, -1]]) @ WHITE_XYZ
"""Linear sRGB to Y, X - Y, Y - Z."""
LIGHT: NDArray[np.float64] = np.linalg.inv(OPPONENT).astype(np.float64)
"""And back."""
KNEE = 6 / 29
"""CIE's: above its cube L*a*b* has a cube root, below a line."""
LEAST = 1e-6
"""Squared distance below which its root is a line."""


def opponent(pictures: Any) -> Any:
    """Y, X - Y and Y - Z, (n, size, size, 3), of sRGB in 0..1; Y is 1 for white."""
    clipped = tf.clip_by_value(pictures, 0.0, 1.0)
    bright = ((tf.maximum(clipped, 0.04045) + 0.055) / 1.055) ** 2.4
    return mixed(tf.where(clipped > 0.04045, bright, clipped / 12.92), OPPONENT)


def seen(channels: Any) -> Any:
    """Hunt-adjusted L*a*b* (n, size, size, 3) of opponent channels as the eye resolves them."""
    blurred = [resolved(channels[..., i : i + 1], SENSITIVITY[i]) for i in range(3)]
    linear = mixed(tf.concat(blurred, axis=-1), LIGHT)
    return hunt_lab(tf.clip_by_value(linear, 0.0, 1.0))


def resolved(channel: Any, gaussians: tuple[tuple[float, float], ...]) -> Any:
    """A channel (n, size, size, 1) through a sum of Gaussians, normalised; edges are repeated."""
    x = np.arange(-RADIUS, RADIUS + 1) / PIXELS_PER_DEGREE
    lines = [np.exp(-((math.pi * x) ** 2) / width) for _, width in gaussians]
    sums = [
        amplitude * math.sqrt(math.pi / width) * line.sum() ** 2
        for (amplitude, width), line in zip(gaussians, lines, strict=True)
    ]
    shares = [float(s / sum(sums)) for s in sums]
    size = channel.shape[1]
    return tf.add_n(
        [
            share * along(channel, edged(_even(line), size, "edge"))
            for share, line in zip(shares, lines, strict=True)
        ]
    )


def hunt_lab(linear: Any) -> Any:
    """L*, and a* and b* times L*/100, of linear sRGB in 0..1."""
    xyz = mixed(linear, WHITE_XYZ)
    root = tf.maximum(xyz, KNEE**3) ** (1.0 / 3.0)
    x, y, z = tf.unstack(tf.where(xyz > KNEE**3, root, xyz / (3 * KNEE**2) + 4 / 29), axis=-1)
    light = 116.0 * y - 16.0
    return tf.stack([light, 5.0 * light * (x - y), 2.0 * light * (y - z)], axis=-1)


def hyab(first: Any, second: Any) -> Any:
    """|dL| + sqrt(da^2 + db^2), (n, size, size, 1)."""
    difference = first - second
    squares = tf.reduce_sum(tf.square(difference[..., 1:]), axis=-1, keepdims=True)
    return tf.abs(difference[..., :1]) + power(squares, 0.5, LEAST)


def mixed(pictures: Any, matrix: NDArray[np.float64]) -> Any:
    """Pictures (n, size, size, 3) with their channels through a 3x3 matrix."""
    turned = tf.constant(matrix.T.astype(np.float32))
    size = pictures.shape[1]
    return tf.reshape(tf.reshape(pictures, [-1, 3]) @ turned, [-1, size, size, 3])


def _even(line: Taps) -> Taps:
    """Taps of sum 1."""
    return np.asarray(line / line.sum())
