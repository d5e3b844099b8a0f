"""Batches of training faces in a lasting order, and for each face one of the other side like it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import count
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.train.data import Side

PREFETCHED = 3
"""Batches kept ready."""
ALIKE = 10
"""A face is warped to one of so many of the other side that are nearest to it."""
BLOCK = 1024
"""Faces whose distances to the other side are held in memory at once."""


class Batch(NamedTuple):
    """Faces of A, then as many of B."""

    crops: Any
    """uint8 (2 size, side, side, channels)."""
    points: Any
    """float32 (2 size, 2, 68, 2): each face's landmarks and those it is warped to, in shares of
    the crop from its centre; (2 size, 0) where nothing is warped to landmarks."""


def batches(
    sides: dict[str, Side], size: int, seed: int, first: int, *, to_landmarks: bool = False
) -> Any:
    """An endless iterator over `Batch`es of `size` faces a side from iteration `first` on.
    Reading the map happens in threads of TensorFlow's, ahead of the step."""
    alike = likeness(sides) if to_landmarks else None

    def generate() -> Iterator[Batch]:
        for iteration in count(first):
            yield batch(sides, size, seed, iteration, alike)

    shape = (2 * size, *sides["a"].crops.shape[1:])
    points = (2 * size, 2, 68, 2) if to_landmarks else (2 * size, 0)
    signature = Batch(tf.TensorSpec(shape, tf.uint8), tf.TensorSpec(points, tf.float32))
    data = tf.data.Dataset.from_generator(generate, output_signature=signature)
    return iter(data.prefetch(PREFETCHED))


Alike = dict[str, NDArray[np.int64]]
"""For each side (faces, 10): indices of the other side's faces that are nearest."""


def batch(
    sides: dict[str, Side], size: int, seed: int, iteration: int, alike: Alike | None = None
) -> Batch:
    """The faces of one iteration (counted from 1), the same whenever it is asked for."""
    crops, points = [], []
    for number, (side, other) in enumerate((("a", "b"), ("b", "a"))):
        faces = chosen(len(sides[side].crops), size, seed + number, iteration)
        crops.append(sides[side].crops[faces])
        if alike is None:
            points.append(np.zeros((size, 0), np.float32))
            continue
        drawn = np.random.default_rng([seed + number, iteration, 1]).integers(0, ALIKE, size)
        aims = sides[other].points[alike[side][faces, drawn]]
        points.append(np.stack([sides[side].points[faces], aims], axis=1))
    return Batch(np.concatenate(crops), np.concatenate(points))


def chosen(faces: int, size: int, seed: int, iteration: int) -> NDArray[np.int64]:
    """Indices of one side's batch: permutation after permutation, each face once in each.

    It depends on the number of faces alone: a side whose faces changed between two jobs goes on
    in the middle of a permutation of its new ones.
    """
    places = np.arange((iteration - 1) * size, iteration * size)
    return np.array([order(faces, seed, int(p // faces))[p % faces] for p in places])


@lru_cache(maxsize=8)
def order(faces: int, seed: int, epoch: int) -> NDArray[np.int64]:
    """The permutation of one pass over a side's faces."""
    return np.random.default_rng([seed, epoch]).permutation(faces)


def likeness(sides: dict[str, Side]) -> Alike:
    """For each face the `ALIKE` nearest of the other side, by landmarks in the crop."""
    a, b = (sides[side].points.reshape(-1, 136) for side in ("a", "b"))
    return {"a": nearest(a, b), "b": nearest(b, a)}


def nearest(own: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.int64]:
    """(n, 10): for each row of (n, k) the rows of (m, k) at the least squared distances."""
    squares = np.square(others).sum(axis=1)
    found = []
    for start in range(0, len(own), BLOCK):
        # |own|² is the same for a whole row: it changes no order
        distances = squares - 2.0 * own[start : start + BLOCK] @ others.T
        found.append(np.argpartition(distances, ALIKE - 1, axis=1)[:, :ALIKE])
    return np.concatenate(found)
