"""FAN, the face alignment network of four hourglasses: 68 points out of heatmaps."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.extract.align._heatmaps import peaks
from engine.extract.align._hourglass import FaceAlignmentNetwork, load
from engine.extract.detect import Detection
from engine.extract.networks import Network
from engine.extract.tensors import leave_memory_to_others
from engine.faces.geometry import Matrix, Points, invert, transform, warp
from engine.faces.landmarks import Landmarks
from engine.faces.normalise import normaliser
from engine.models import arrays
from engine.settings import ExtractSettings

SIDE = 256
CELLS = 64
"""Width and height of a heatmap."""
MARGIN = 0.8
"""Side of the network's crop over width and height of the face's box together."""


class Aligner(Network):
    """Finds the points of detected faces. It sees points in anything: it never says "no face"."""

    name = "fan"
    shared = True
    batch = 8

    def __init__(self, settings: ExtractSettings) -> None:
        """Raises `ModelMissing`, `Damaged` or `BadInput`."""
        leave_memory_to_others()
        self._network = FaceAlignmentNetwork(load(arrays.load("fan")))
        self._even = normaliser(settings.normalise)
        self._lock = Lock()
        signature = [tf.TensorSpec((None, SIDE, SIDE, 3), tf.uint8)]
        self._run = tf.function(self._heatmaps, input_signature=signature)

    def __call__(
        self, faces: Sequence[tuple[NDArray[np.uint8], Detection]]
    ) -> list[Landmarks | None]:
        """The points of each detected face."""
        found: list[Landmarks | None] = []
        with self._lock:
            for start in range(0, len(faces), self.batch):
                part = faces[start : start + self.batch]
                matrices = [crop_to_fan(detection) for _, detection in part]
                crops = [
                    self._even(warp(rgb, matrix, SIDE, border=0))
                    for (rgb, _), matrix in zip(part, matrices, strict=True)
                ]
                heatmaps = self._run(np.stack(crops)).numpy()
                for matrix, cells in zip(matrices, peaks(heatmaps), strict=True):
                    found.append(Landmarks(to_frame(cells, matrix), None))
        return found

    def _heatmaps(self, crops: tf.Tensor) -> tf.Tensor:
        return self._network(tf.cast(crops, tf.float32) / 255.0)


def crop_to_fan(detection: Detection) -> Matrix:
    """2x3, frame to the network's crop: a square around the box's centre, turned as the frame was
    turned for the face to stand upright."""
    box = np.array(detection.box).reshape(2, 2)
    centre, side = box.mean(0), MARGIN * np.ptp(box, axis=0).sum()
    angle = np.radians(detection.turn)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = SIDE / max(side, 1.0) * turn
    return np.column_stack([linear, SIDE / 2 - 0.5 - linear @ centre])


def to_frame(cells: Points, matrix: Matrix) -> NDArray[np.float32]:
    """Points (n, 2) in the frame of points in heatmap cells, whose centres lie amid the crop's
    pixels that they stand for."""
    pixels = (cells + 0.5) * (SIDE / CELLS) - 0.5
    return transform(pixels, invert(matrix))
