"""L*a*b* on the device, in the 8-bit scale of pictures: all three in 0..255, grey at a = b = 128.

Colour varies by drawing each of the three towards an end of its range. The light of a face then
changes as the eye sees it and its hue stays, which a matrix on luma and chroma does not give; a
measurement found the whole way there and back to cost under a hundredth of a step.

Source: CIE 15:2018 with the white of the sRGB primaries (IEC 61966-2-1), so that grey has no a, b.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

_TO_XYZ = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
"""Linear sRGB to XYZ, D65."""
_TO_WHITE = _TO_XYZ / _TO_XYZ.sum(axis=1, keepdims=True)
"""The same as shares of the white."""
_FROM_WHITE = np.linalg.inv(_TO_WHITE)
_DARK = 216 / 24389
"""Share of the white below which the cube root is a straight line."""
_SLOPE = 24389 / 27 / 116
_STEPS = 8192
"""Entries of the table back to sRGB: a step is at most 0.4 of a grey value."""


def to_lab(rgb: Any) -> list[Any]:
    """L, a and b, each float32 (n, h, w), of uint8 RGB (n, h, w, 3)."""
    linear = tf.gather(_linear(), tf.cast(rgb, tf.int32))
    x, y, z = [_root(plane) for plane in _turned(tf.unstack(linear, axis=-1), _TO_WHITE)]
    return [2.55 * (116.0 * y - 16.0), 500.0 * (x - y) + 128.0, 200.0 * (y - z) + 128.0]


def to_rgb(lab: list[Any]) -> Any:
    """uint8 RGB (n, h, w, 3) of L, a and b; what no screen shows is clipped."""
    light, a, b = lab
    y = (light / 2.55 + 16.0) / 116.0
    roots = (y + (a - 128.0) / 500.0, y, y - (b - 128.0) / 200.0)
    linear = tf.stack(_turned([_cube(root) for root in roots], _FROM_WHITE), axis=-1)
    place = tf.clip_by_value(linear, 0.0, 1.0) * (_STEPS - 1.0) + 0.5
    return tf.gather(_srgb(), tf.cast(place, tf.int32))


def drawn(plane: Any, amount: Any) -> Any:
    """A plane (n, h, w) of 0..255 drawn towards 255 by `amount` (n,), or below 0 towards 0."""
    share = amount[:, None, None]
    return plane * (1.0 - tf.abs(share)) + 255.0 * tf.maximum(share, 0.0)


def _turned(planes: list[Any], matrix: Any) -> list[Any]:
    """Three planes through a 3x3 matrix; plane by plane, for three channels make a poor product."""
    return [tf.add_n([float(w) * p for w, p in zip(row, planes, strict=True)]) for row in matrix]


def _root(share: Any) -> Any:
    curve = tf.exp(tf.math.log(tf.maximum(share, _DARK)) / 3.0)
    return tf.where(share > _DARK, curve, _SLOPE * share + 16.0 / 116.0)


def _cube(root: Any) -> Any:
    return tf.where(root > 6.0 / 29.0, root * root * root, (root - 16.0 / 116.0) / _SLOPE)


def _linear() -> Any:
    """(256,): sRGB values as light."""
    value = np.arange(256) / 255.0
    bright = ((value + 0.055) / 1.055) ** 2.4
    return tf.constant(np.where(value <= 0.04045, value / 12.92, bright), tf.float32)


def _srgb() -> Any:
    """(8192,): light in equal steps as sRGB values."""
    light = np.arange(_STEPS) / (_STEPS - 1)
    bright = 1.055 * light ** (1.0 / 2.4) - 0.055
    value = np.where(light <= 0.0031308, light * 12.92, bright)
    return tf.constant(np.rint(value * 255.0), tf.uint8)
