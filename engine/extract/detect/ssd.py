"""OpenCV's own face detector, an SSD on 300x300, run by OpenCV: boxes alone.

Its weights are brought by hand; the description of its layers is `_ssd_net`.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import Damaged
from engine.extract.detect import Detection
from engine.extract.detect._ssd_net import SIDE, text
from engine.extract.networks import Network
from engine.media.read import Frame
from engine.models import store
from engine.settings import ExtractSettings

MEAN_BGR = (104.0, 117.0, 123.0)


class Detector(Network):
    """Finds faces in frames, a few at once; OpenCV takes the cores."""

    name = "ssd"
    shared = True
    batch = 4

    def __init__(self, settings: ExtractSettings) -> None:
        self._least = settings.confidence
        self._net = network(store.find("ssd").read_bytes(), self._least)
        self._lock = Lock()

    def __call__(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        """Faces of each frame, best first."""
        if not frames:
            return []
        fed = [cv2.resize(f.rgb, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for f in frames]
        blob = cv2.dnn.blobFromImages(fed, mean=MEAN_BGR[::-1], swapRB=True)
        with self._lock:
            self._net.setInput(blob)
            output = self._net.forward()
        return decode(output, [f.rgb.shape[1::-1] for f in frames], self._least)


def network(weights: bytes, least: float) -> cv2.dnn.Net:
    """The network with its weights, Caffe's binary form. Raises `Damaged`."""
    layers = np.frombuffer(text(least).encode(), np.uint8)
    try:
        return cv2.dnn.readNetFromCaffe(layers, np.frombuffer(weights, np.uint8))
    except cv2.error as error:
        raise Damaged("The weights of OpenCV's SSD don't fit its layers: import others.") from error


def decode(
    output: NDArray[np.float32], sizes: Sequence[tuple[int, int]], least: float
) -> list[list[Detection]]:
    """Faces of each frame, best first, of rows (1, 1, n, 7): number of the frame, class, score,
    left, top, right, bottom as shares of the frame. `sizes` are width and height."""
    found: list[list[Detection]] = [[] for _ in sizes]
    for number, kind, score, *edges in output.reshape(-1, 7).tolist():
        if kind != 1 or score < least or not 0 <= number < len(sizes):
            continue
        width, height = sizes[int(number)]
        left, top, right, bottom = (
            e * n - 0.5 for e, n in zip(edges, (width, height, width, height), strict=True)
        )
        if right > left and bottom > top:
            found[int(number)].append(Detection((left, top, right, bottom), score))
    return [sorted(faces, key=lambda face: -face.score) for faces in found]
