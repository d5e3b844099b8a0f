"""How many faces a second reach the device, varied, with no network behind.

Out of the memory map, in batches, through the augmentation with everything on as by default; then
without its parts and with more of them, so that each one's cost is seen.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.faces.geometry import INNER, MEAN_FACE
from engine.train.augment import Augmentation, augment
from engine.train.cutting import Cut
from engine.train.data import Side
from engine.train.feed import batches

BATCH = 16
SIZE_PX = 64
FACES = 1000
"""Of a side."""
TRIES = 5
FED = 20
"""Batches of a try: more than are read ahead."""


def bench() -> dict[str, float]:
    """Faces a second at 64 px, input and target; best of five."""
    cut = Cut(SIZE_PX, "face", 0.875, "extended")
    how = Augmentation(cut.side, cut.margin, cut.size, cut.size)
    areas = replace(cut, areas=True)
    bare = replace(how, lightness=0.0, chroma=0.0, clahe=0.0)
    kinds = {
        "default": (cut, how),
        "without_clahe": (cut, replace(how, clahe=0.0)),
        "without_colour": (cut, bare),
        "with_eyes_and_mouth": (areas, how),
        "with_warp_to_landmarks": (cut, replace(how, to_landmarks=True)),
        "with_all": (areas, replace(how, to_landmarks=True)),
    }
    return {f"{name}_faces_per_s": _rate(*kind) for name, kind in kinds.items()}


def _rate(cut: Cut, how: Augmentation) -> float:
    """Faces a second out of files."""
    with tempfile.TemporaryDirectory(prefix="fstui-bench-") as folder:
        sides = {side: _filed(drawn(cut, FACES), Path(folder) / f"{side}.npy") for side in "ab"}
        feed = batches(sides, BATCH, 1, 1, to_landmarks=how.to_landmarks)
        return round(rate_of(feed, how, 2 * BATCH), 1)


def rate_of(feed: Iterator[Any], how: Augmentation, faces: int) -> float:
    """Faces a second through reading and augmentation, `faces` a batch."""
    seeds = tf.constant([[1, 4], [1, 6]])
    varied = tf.function(lambda batch: [tf.reduce_sum(t) for t in augment(batch, seeds, how)])

    def act() -> None:
        for _ in range(FED):
            [total.numpy() for total in varied(next(feed))]

    return FED * faces / min(timed(act))


def drawn(cut: Cut, count: int) -> Side:
    """Noise for faces, on frontal landmarks."""
    rng = np.random.default_rng(1)
    crops = rng.integers(0, 255, (count, cut.side, cut.side, cut.channels), np.uint8)
    landmarks: NDArray[np.float32] = rng.normal(0.0, 2.0, (count, 68, 2)).astype(np.float32)
    landmarks[:, INNER] += (100.0 * MEAN_FACE).astype(np.float32)
    return Side(crops, landmarks, cut, "")


def _filed(side: Side, path: Path) -> Side:
    np.save(path, side.crops)
    return replace(side, crops=np.load(path, mmap_mode="r"))


def timed(act: Callable[[], Any], tries: int = TRIES) -> list[float]:
    """Seconds of some tries, after one that warms up."""
    act()
    times = []
    for _ in range(tries):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return times
