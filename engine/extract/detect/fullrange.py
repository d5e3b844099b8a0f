"""MediaPipe's full-range face detector on LiteRT: boxes and six key points in one pass."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from engine import packs
from engine.extract.detect import Detection
from engine.extract.networks import Network
from engine.media.read import Frame
from engine.settings import ExtractSettings

SIDE = 192
STRIDE = 4
CELLS = SIDE // STRIDE
OVERLAP = 0.3
"""Boxes that overlap a better one by more than this share of their union are dropped."""


class Detector(Network):
    """Finds faces in frames. Not for more than one thread: each makes its own.

    Source of the decoding: the published MediaPipe model card and graph (Apache-2.0).
    """

    name = "fullrange"

    def __init__(self, settings: ExtractSettings) -> None:
        self._least = settings.confidence
        self._net = Interpreter(model_path=str(packs.find("fullrange")), num_threads=1)
        self._net.allocate_tensors()
        self._input = self._net.get_input_details()[0]["index"]
        outputs = {d["shape"][-1]: d["index"] for d in self._net.get_output_details()}
        self._boxes, self._scores = outputs[16], outputs[1]
        cells = (np.arange(CELLS, dtype=np.float32) + 0.5) * STRIDE
        self._anchors = np.stack(np.meshgrid(cells, cells), -1).reshape(-1, 1, 2)

    def __call__(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        """Faces of each frame, best first."""
        return [self._find(frame.rgb) for frame in frames]

    def _find(self, rgb: NDArray[np.uint8]) -> list[Detection]:
        letterboxed, scale, shift = letterbox(rgb)
        self._net.set_tensor(self._input, letterboxed)
        self._net.invoke()
        logits = self._net.get_tensor(self._scores)[0, :, 0]
        scores = 1.0 / (1.0 + np.exp(-np.clip(logits, -100.0, 100.0)))
        kept = np.flatnonzero(scores >= self._least)
        if not len(kept):
            return []
        numbers = self._net.get_tensor(self._boxes)[0, kept].reshape(-1, 8, 2)
        numbers[:, [0, *range(2, 8)]] += self._anchors[kept]
        numbers[:, [0, *range(2, 8)]] -= shift
        numbers /= scale
        return [_detection(numbers[i], scores[kept[i]]) for i in suppress(numbers, scores[kept])]


def letterbox(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.float32], float, NDArray[np.float32]]:
    """The network's input (1, 192, 192, 3) in -1..1, and the scale and shift that made it."""
    height, width = rgb.shape[:2]
    scale = SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = shrunk(rgb, size)
    left, top = (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
    picture = np.full((1, SIDE, SIDE, 3), -1.0, np.float32)
    np.multiply(
        small, 1 / 127.5, out=picture[0, top : top + size[1], left : left + size[0]], dtype="f4"
    )
    picture[0, top : top + size[1], left : left + size[0]] -= 1.0
    return picture, scale, np.array([left, top], np.float32)


def shrunk(rgb: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture at a width and height: halved as often as it is twice as large, then linearly,
    which takes a third of the time of averaging over broken pixels."""
    height, width = rgb.shape[:2]
    while width >= 2 * size[0] and height >= 2 * size[1]:
        width, height = width // 2, height // 2
        rgb = np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(rgb, size), np.uint8)


def suppress(numbers: NDArray[np.float32], scores: NDArray[np.float32]) -> list[int]:
    """Indices of the boxes that stay, best first: non-maximum suppression at 0.3."""
    half = numbers[:, 1] / 2
    low, high = numbers[:, 0] - half, numbers[:, 0] + half
    area = np.prod(high - low, axis=1)
    stay: list[int] = []
    for i in np.argsort(-scores, kind="stable"):
        inner = np.minimum(high[i], high[stay]) - np.maximum(low[i], low[stay])
        common = np.prod(np.maximum(inner, 0), axis=1)
        if np.all(common <= OVERLAP * (area[i] + area[stay] - common)):
            stay.append(int(i))
    return stay


def _detection(numbers: NDArray[np.float32], score: float) -> Detection:
    """The network counts from the corner of the first pixel, a frame from its centre."""
    centre, half = numbers[0] - 0.5, numbers[1] / 2
    right_eye, left_eye = (numbers[2:4] - 0.5).tolist()
    box = (*(centre - half).tolist(), *(centre + half).tolist())
    return Detection(box, float(score), (tuple(right_eye), tuple(left_eye)))
