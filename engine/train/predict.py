"""The trained swap for convert: one person's faces in, the other's face out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.train import checkpoint, models
from engine.train.network import Network

LARGEST_BATCH = 32
"""Batches are filled up to a power of two, at most this: few graphs, and each is warm."""


class Swapper:
    """A model of one checkpoint, compiled to paint the person of side `put_in`; one that paints the
    other side may lend its `network`."""

    def __init__(
        self, found: checkpoint.Checkpoint, put_in: str = "b", network: Network | None = None
    ) -> None:
        recipe, self._put_in = found.recipe, put_in
        self.size = recipe.input_size
        self.output_size = recipe.output_size
        self.centring = recipe.centring
        self.coverage = recipe.coverage / 100.0
        self.down = recipe.vertical_offset / 100.0
        self.mask = recipe.mask
        self.masks = recipe.style.learn_mask
        self.iteration = found.state.iteration
        self._network = network or network_of(found)
        self._compiled = tf.function(self._swap, autograph=False, reduce_retracing=False)

    def _swap(self, faces: Any) -> Any:
        painted = self._network.rebuild(tf.cast(faces, tf.float32) / 255.0, self._put_in)
        if not self.masks:
            return painted.face
        size = painted.face.shape[1:3]
        return tf.concat([painted.face, tf.image.resize(painted.mask, size)], axis=-1)

    def predict(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """uint8 RGB (n, size, size, 3) to float32 RGB 0..1 (n, output, output, 3), swapped; with a
        learnt mask the fourth channel."""
        starts = range(0, len(faces), LARGEST_BATCH)
        parts = [self._batch(faces[i : i + LARGEST_BATCH]) for i in starts]
        channels = 4 if self.masks else 3
        empty = np.zeros((0, self.output_size, self.output_size, channels), np.float32)
        return np.concatenate([empty, *parts])

    def _batch(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        count = len(faces)
        full = 1 << (count - 1).bit_length()
        padded = np.concatenate([faces, np.repeat(faces[-1:], full - count, axis=0)])
        return np.asarray(self._compiled(tf.constant(padded)).numpy()[:count])


def network_of(found: checkpoint.Checkpoint) -> Network:
    """The network of a checkpoint with its weights; it paints either person. Raises `Damaged`."""
    recipe = found.recipe
    models.trained(recipe.model, recipe.version)
    network = Network(recipe.model, recipe.options, style=recipe.style, blank=True)
    network.set_weights(found.weights())
    return network


def load_swapper(project: Path) -> Swapper:
    """The swap of a project's newest checkpoint that can be trusted.

    Raises `ModelMissing` when nothing was trained, `Damaged` when nothing can be trusted.
    """
    return Swapper(checkpoint.load(project / "model", lambda _: None, averaged=True))
