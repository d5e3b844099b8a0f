"""Warps that carry a face's landmarks to another's, for a whole batch on the device.

The field from aim to source is a thin-plate spline through the landmarks and eight points of the
crop's edge that stay. A triangulation would need a sort of its own for each face on the host; a
spline is one batched linear system of 79 unknowns. A small stiffness lets landmarks that all but
meet (closed lips, and each is jittered) give way to each other rather than fold the skin between.

Source: F. L. Bookstein, "Principal warps: thin-plate splines and the decomposition of
deformations", IEEE PAMI 11(6), 1989; the stiffness: G. Wahba, "Spline Models for Observational
Data", 1990.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tensorflow as tf

EDGE = np.array(
    [[x, y] for x in (-0.5, 0.0, 0.5) for y in (-0.5, 0.0, 0.5) if (x, y) != (0, 0)], np.float32
)
"""Corners and middles of the crop's edges, in shares of the crop from its centre."""
JAW = 17
"""The first of the 68 landmarks. Where one lies within the rest of a turned face it would pull the
skin across it, so it is left out."""
STIFFNESS = 1e-3
DIRECTIONS = 32
"""In so many directions a hull is looked at to know what is inside."""


def field(own: Any, aim: Any, places: Any) -> Any:
    """Displacements (n, p, 2), at `places` (n, p, 2), that lead from a face whose landmarks lie at
    `aim` (n, 68, 2) to the same face with `own` (n, 68, 2); all in shares of the crop."""
    edge = tf.tile(tf.constant(EDGE)[None], [tf.shape(own)[0], 1, 1])
    centres = tf.concat([aim, edge], axis=1)
    keep = tf.concat([outside(own, aim), tf.ones_like(own[:, JAW:, 0]), edge[:, :, 0] * 0 + 1], 1)
    moves = tf.concat([own - aim, tf.zeros_like(edge)], axis=1)
    weights = _solved(centres, moves, keep)
    return tf.matmul(_bent(places, centres) * keep[:, None], weights[:, :-3]) + tf.matmul(
        _flat(places), weights[:, -3:]
    )


def outside(own: Any, aim: Any) -> Any:
    """(n, 17): 1 for landmarks of the jaw beyond the hull of both faces' other landmarks."""
    angles = np.arange(DIRECTIONS) * (2.0 * math.pi / DIRECTIONS)
    ways = tf.constant(np.stack([np.cos(angles), np.sin(angles)]), tf.float32)
    inner = tf.concat([own[:, JAW:], aim[:, JAW:]], axis=1)
    reach = tf.reduce_max(tf.matmul(inner, ways), axis=1, keepdims=True)

    def beyond(points: Any) -> Any:
        return tf.reduce_any(tf.matmul(points[:, :JAW], ways) > reach, axis=2)

    return tf.cast(beyond(own) & beyond(aim), tf.float32)


def _solved(centres: Any, moves: Any, keep: Any) -> Any:
    """(n, centres + 3, 2): weights of each centre, then of 1, x and y.

    A centre that isn't kept has a row of its own, which makes its weight 0.
    """
    both = keep[:, :, None] * keep[:, None, :]
    stiff = tf.linalg.diag(1.0 + (STIFFNESS - 1.0) * keep)
    bent = _bent(centres, centres) * both + stiff
    flat = _flat(centres) * keep[:, :, None]
    corner = tf.zeros([tf.shape(centres)[0], 3, 3])
    rows = [tf.concat([bent, flat], 2), tf.concat([tf.linalg.matrix_transpose(flat), corner], 2)]
    aims = tf.concat([moves * keep[:, :, None], tf.zeros_like(moves[:, :3])], axis=1)
    return tf.linalg.solve(tf.concat(rows, axis=1), aims)


def _bent(places: Any, centres: Any) -> Any:
    """(n, places, centres): r² log r of the distances."""
    across = places[:, :, None] - centres[:, None]
    squares = tf.reduce_sum(across * across, axis=-1)
    return 0.5 * squares * tf.math.log(tf.maximum(squares, 1e-12))


def _flat(places: Any) -> Any:
    """(n, places, 3): 1, x, y."""
    return tf.concat([tf.ones_like(places[:, :, :1]), places], axis=-1)
