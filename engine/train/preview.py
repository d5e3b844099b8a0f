"""Faces through the network as it is, to look at; `engine.train.montage` draws them.

Half of them are the same ones each time, so that learning shows; the others are new each time, so
that what only those few have learnt doesn't pass for the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.train.architecture import Rebuilt
from engine.train.augment import Augmentation, plain
from engine.train.montage import SideFaces, Sides

PAIR = 2
"""Faces of each side that go through the network at once: one graph for any even number."""
GOLDEN = 0.6180339887498949
"""Multiples of it, modulo 1, lie well spread however many there are."""

Crops = NDArray[np.uint8]
"""(n, side, side, 4 or more): RGB, the mask that is trained with, and what is of no matter here."""


class Preview:
    """Chooses faces of both sides and rebuilds them both ways.

    `rebuild(faces, side)` is the network's; `weights()` is a context in which it has the weights
    that are to be seen, where those are not the ones that learn.
    """

    def __init__(
        self,
        rebuild: Callable[[Any, str], Rebuilt],
        how: Augmentation,
        crops: dict[str, Crops],
        seed: int,
        weights: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.how, self.seed = how, seed
        self._rebuild, self._crops, self._weights = rebuild, crops, weights
        self._compiled = tf.function(self._both_ways, autograph=False)

    def same(self, count: int) -> Sides:
        """`count` faces of each side, the same ones each time."""
        return self._look({side: fixed(count, len(c)) for side, c in self._crops.items()})

    def mixed(self, count: int, iteration: int) -> Sides:
        """`count` faces of each side: the first half the same ones each time, the others new."""
        places = {}
        for number, (side, crops) in enumerate(self._crops.items()):
            first = fixed(count // 2, len(crops))
            seed = [self.seed + number, iteration]
            places[side] = np.concatenate([first, others(first, count // 2, len(crops), seed)])
        return self._look(places)

    def _look(self, places: dict[str, NDArray[np.int64]]) -> Sides:
        faces = {side: np.asarray(self._crops[side][places[side]]) for side in "ab"}
        parts = []
        with self._weights():
            for start in range(0, len(faces["a"]), PAIR):
                pair = [faces[side][start : start + PAIR, ..., :4] for side in "ab"]
                parts.append([t.numpy() for t in self._compiled(tf.constant(np.concatenate(pair)))])
        as_a, as_b, mask_a, mask_b = (np.stack(part) for part in zip(*parts, strict=True))
        a, b = slice(None, PAIR), slice(PAIR, None)
        return {
            "a": self._seen(faces["a"], as_a[:, a], as_b[:, a], mask_a[:, a]),
            "b": self._seen(faces["b"], as_b[:, b], as_a[:, b], mask_b[:, b]),
        }

    def _both_ways(self, crops: Any) -> list[Any]:
        """The faces as a and as b, and their masks as a and as b."""
        inputs, _ = plain(crops, self.how)
        inside = slice(self.how.margin, self.how.crop_size - self.how.margin)
        trained_with = tf.cast(crops[:, inside, inside, 3], tf.float32) / 255.0
        painted = [self._rebuild(inputs, side) for side in "ab"]
        masks = [trained_with if p.mask is None else p.mask[..., 0] for p in painted]
        return [tf.cast(t, tf.float32) for t in (*(p.face for p in painted), *masks)]

    def _seen(self, crops: Crops, *painted: Any) -> SideFaces:
        """Of the pairs' own faces, swaps and masks."""
        own, swap, mask = (part.reshape(-1, *part.shape[2:]) for part in painted)
        return SideFaces(crops[..., :3], self.how.margin, own, swap, mask)


def fixed(count: int, total: int) -> NDArray[np.int64]:
    """Places of `count` faces from all over a side; the first ones stay when more are asked for."""
    return ((0.5 + np.arange(count) * GOLDEN) % 1.0 * total).astype(np.int64)


def others(taken: NDArray[np.int64], count: int, total: int, seed: list[int]) -> NDArray[np.int64]:
    """Places of `count` other faces, the same whenever they are asked for with this seed."""
    left = np.setdiff1d(np.arange(total), taken)
    return np.random.default_rng(seed).choice(left, count, replace=False)
