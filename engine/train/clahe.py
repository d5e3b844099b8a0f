"""Contrast-limited adaptive histogram equalisation of a whole batch on the device.

Each face has its own grid of tiles. Histograms of all tiles are one segment sum, what rises above
the limit is spread over all values, the sums along a histogram are the tile's curve, and a pixel
takes the curves of the four tiles around it.

Source: K. Zuiderveld, "Contrast limited adaptive histogram equalization", Graphics Gems IV, 1994;
rounding and edges are as in OpenCV's CLAHE, so that both give the same picture.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

VALUES = 256
LIMIT = 2.0
"""A value may be so many times as frequent in a tile as if all were alike."""


def equalised(light: Any, tiles: Any, most: int) -> Any:
    """Planes (n, side, side) of 0..255 with their contrast evened out.

    `tiles` int32 (n,) is how many tiles a face has along each side, 1 to `most`.
    """
    side = light.shape[1]
    tile_px = -(-side // tiles)
    curves = _curves(_histograms(light, tiles, tile_px, most), tile_px)
    return _mapped(light, tiles, tile_px, curves)


def _histograms(light: Any, tiles: Any, tile_px: Any, most: int) -> Any:
    """(n, most, most, 256) counts; a picture that its tiles outreach is mirrored at its end."""
    side = light.shape[1]
    beyond = max(count * -(-side // count) for count in range(1, most + 1)) - side
    values = _whole(tf.pad(light, [[0, 0], [0, beyond], [0, beyond]], "REFLECT"))
    place = tf.range(side + beyond)[None] // tile_px[:, None]
    face = tf.range(tf.shape(light)[0])[:, None, None]
    tile = (face * most + place[:, :, None]) * most + place[:, None, :]
    inside = place < tiles[:, None]
    counted = inside[:, :, None] & inside[:, None, :]
    bins = tf.reshape(tf.where(counted, tile * VALUES + values, -1), [-1])  # -1 is left out
    total = tf.shape(light)[0] * (most * most * VALUES)
    counts = tf.math.unsorted_segment_sum(tf.ones_like(bins, tf.float32), bins, total)
    return tf.reshape(counts, [-1, most, most, VALUES])


def _curves(counts: Any, tile_px: Any) -> Any:
    """(n, most, most, 256): the value that each value becomes in a tile, 0..255."""
    area = tf.cast(tile_px * tile_px, tf.float32)[:, None, None, None]
    limit = tf.maximum(tf.floor(LIMIT * area / VALUES), 1.0)
    above = tf.reduce_sum(tf.maximum(counts - limit, 0.0), axis=-1, keepdims=True)
    share = tf.floor(above / VALUES)
    rest = above - share * VALUES  # fewer than 256: one each, in equal steps
    step = tf.maximum(tf.floor(VALUES / tf.maximum(rest, 1.0)), 1.0)
    number = tf.range(VALUES, dtype=tf.float32)
    turn = tf.math.floordiv(number, step)
    extra = tf.where((turn * step == number) & (turn < rest), 1.0, 0.0)
    even = tf.minimum(counts, limit) + share + extra
    return tf.minimum(tf.round(tf.cumsum(even, axis=-1) * (255.0 / area)), 255.0)


def _mapped(light: Any, tiles: Any, tile_px: Any, curves: Any) -> Any:
    """Each pixel through the curves of the four tiles whose middles are around it."""
    side, most = light.shape[1], curves.shape[1]
    pixel = tf.range(side, dtype=tf.float32)[None]
    place = pixel / tf.cast(tile_px, tf.float32)[:, None] - 0.5
    before = tf.floor(place)
    part = place - before
    first = tf.maximum(tf.cast(before, tf.int32), 0)
    second = tf.minimum(tf.cast(before, tf.int32) + 1, tiles[:, None] - 1)
    values = _whole(light)
    face = tf.range(tf.shape(light)[0])[:, None]
    flat = tf.reshape(curves, [-1])

    def at(row: Any, column: Any) -> Any:
        tile = ((face * most + row) * most)[:, :, None] + column[:, None, :]
        return tf.gather(flat, tile * VALUES + values)

    x, y = part[:, None, :], part[:, :, None]
    above = at(first, first) * (1.0 - x) + at(first, second) * x
    below = at(second, first) * (1.0 - x) + at(second, second) * x
    return tf.round(above * (1.0 - y) + below * y)


def _whole(light: Any) -> Any:
    return tf.cast(tf.clip_by_value(tf.round(light), 0.0, 255.0), tf.int32)
