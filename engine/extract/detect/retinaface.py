"""RetinaFace of the package `retina-face` (MIT): a ResNet-50 with five points, run by onnxruntime.

The package's own preparing, anchors and decoding are used; of its backends none is imported, for
they choose themselves by the process's environment. Its weights are brought by hand.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from retinaface.commons import postprocess, preprocess

from engine.extract.detect import Detection
from engine.extract.networks import Network
from engine.media.read import Frame
from engine.models import store
from engine.models.onnx import session
from engine.settings import ExtractSettings

OVERLAP = 0.4
"""Boxes that overlap a better one by more than this share of their union are dropped."""
MOST = 750
"""So many of the surest boxes of a frame are looked at."""
ANCHORS = {
    32: ((-248, -248, 263, 263), (-120, -120, 135, 135)),
    16: ((-56, -56, 71, 71), (-24, -24, 39, 39)),
    8: ((-8, -8, 23, 23), (0, 0, 15, 15)),
}
"""Of each stride: left, top, right and bottom of the two anchors of the first cell."""


class Detector(Network):
    """Finds faces in frames, one after the other; onnxruntime takes the cores."""

    name = "retinaface"
    shared = True

    def __init__(self, settings: ExtractSettings) -> None:
        self._least = settings.confidence
        path = store.find("retinaface")
        self._net = session(path, path.name, gpu=True)
        self._input = self._net.get_inputs()[0].name

    def __call__(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        """Faces of each frame, best first."""
        return [self._find(frame.rgb) for frame in frames]

    def _find(self, rgb: NDArray[np.uint8]) -> list[Detection]:
        picture, size, scale = preprocess.preprocess_image(rgb[..., ::-1], allow_upscaling=True)
        return decode(self._net.run(None, {self._input: picture}), size, scale, self._least)


def decode(
    outputs: Sequence[NDArray[np.float32]], size: tuple[int, int], scale: float, least: float
) -> list[Detection]:
    """Faces, best first, of scores (1, h, w, 4), box offsets (1, h, w, 8) and point offsets
    (1, h, w, 20) at each stride; `size` is height and width of the network's picture."""
    boxes, points = [], []
    for number, (stride, first) in enumerate(ANCHORS.items()):
        scores, moves, places = (a.copy() for a in outputs[3 * number : 3 * number + 3])
        sure = scores[..., 2:].reshape(-1, 1)
        kept = np.flatnonzero(sure >= least)
        height, width = moves.shape[1:3]
        anchors = postprocess.anchors_plane(height, width, stride, np.array(first, np.float32))
        anchors = anchors.reshape(-1, 4)[kept]
        found = postprocess.bbox_pred(anchors, moves.reshape(-1, 4)[kept])
        found = postprocess.clip_boxes(found, size) / scale
        boxes.append(np.hstack([found, sure[kept]]).reshape(-1, 5))
        if len(kept):
            points.append(
                postprocess.landmark_pred(anchors, places.reshape(-1, 5, 2)[kept]) / scale
            )
    if not points:
        return []
    rows, marks = np.vstack(boxes).astype(np.float32), np.vstack(points)
    order = np.argsort(-rows[:, 4], kind="stable")[:MOST]
    rows, marks = rows[order], marks[order]
    stay = postprocess.cpu_nms(rows, OVERLAP)
    return [_detection(rows[i].tolist(), marks[i].tolist()) for i in stay]


def _detection(row: list[float], marks: list[list[float]]) -> Detection:
    """The first point is the eye on the left of the picture, the subject's right one."""
    left, top, right, bottom, score = row
    (x, y), (other_x, other_y) = marks[:2]
    return Detection((left, top, right, bottom), score, ((x, y), (other_x, other_y)))
