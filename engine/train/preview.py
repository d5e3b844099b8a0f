"""The picture that shows how far training is: faces of A as A | A>A | A>B, below them faces of B
as B | B>B | B>A. Three columns, so that a face has room in a terminal's pane."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.protocol import write_atomic
from engine.train.augment import Augmentation, plain
from engine.train.average import Average
from engine.train.data import Side
from engine.train.network import Network

COLUMNS = ["A", "A>A", "A>B", "B", "B>B", "B>A"]
ROWS = 2
"""Faces of each side."""
CELL_PX = 128
LABEL_PX = 20
JPEG_QUALITY = 90


class Preview:
    """A few faces of each side, the same ones each time, through the network as it is or, if there
    is an average of its weights, as convert will use it."""

    def __init__(
        self,
        network: Network,
        how: Augmentation,
        sides: dict[str, Side],
        average: Average | None = None,
    ) -> None:
        self.faces = np.concatenate([spread(sides["a"].crops), spread(sides["b"].crops)])
        self.network, self.how, self.average = network, how, average
        self._compiled = tf.function(self._columns, autograph=False)

    def _columns(self, crops: Any) -> list[Any]:
        inputs, shown = plain(crops, self.how)
        (a, b), (shown_a, shown_b) = tf.split(inputs, 2), tf.split(shown, 2)
        ways = ((a, "a"), (a, "b"), (b, "b"), (b, "a"))
        swaps = [self.network.rebuild(faces, side).face for faces, side in ways]
        return [shown_a, *swaps[:2], shown_b, *swaps[2:]]

    def save(self, path: Path) -> list[NDArray[np.float32]]:
        """Write the picture as JPEG; a reader sees it whole or not at all. Its columns of faces."""
        with self.average.shown() if self.average else nullcontext():
            columns = [c.numpy() for c in self._compiled(tf.constant(self.faces))]
        bgr = cv2.cvtColor(sheet(columns), cv2.COLOR_RGB2BGR)
        _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        write_atomic(path, data.tobytes(), durable=False)
        return columns


def spread(faces: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """ROWS faces from all over a side."""
    places = np.linspace(0, len(faces) - 1, ROWS + 2)[1:-1]
    return np.asarray(faces[places.astype(int)])


def sheet(columns: list[NDArray[np.float32]]) -> NDArray[np.uint8]:
    """Six columns of faces (rows, size, size, 3) in 0..1 as one RGB picture, labelled, the second
    three below the first."""
    parts = [
        part
        for first in (0, 3)
        for part in (labels(COLUMNS[first : first + 3]), faces(columns[first : first + 3]))
    ]
    return np.vstack(parts)


def faces(columns: list[NDArray[np.float32]]) -> NDArray[np.uint8]:
    """Columns of faces side by side."""
    return np.hstack([np.vstack([cell(face) for face in column]) for column in columns])


def labels(names: list[str]) -> NDArray[np.uint8]:
    """A line with a name over each column."""
    line = np.zeros((LABEL_PX, CELL_PX * len(names), 3), np.uint8)
    for number, name in enumerate(names):
        place = (number * CELL_PX + 4, LABEL_PX - 6)
        cv2.putText(line, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255,) * 3, 1, cv2.LINE_AA)
    return line


def cell(face: NDArray[np.float32]) -> NDArray[np.uint8]:
    """One face at the picture's size."""
    grey = np.rint(np.clip(face, 0.0, 1.0) * 255.0).astype(np.uint8)
    kind = cv2.INTER_AREA if face.shape[0] > CELL_PX else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, (CELL_PX, CELL_PX), interpolation=kind), np.uint8)
