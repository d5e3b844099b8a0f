"""S3FD on TensorFlow: VGG-16 with six heads, boxes alone.

Source of the architecture and decoding: Zhang et al., "S3FD: Single Shot Scale-invariant Face
Detector" (2017), and the public code of 1adrianb/face-alignment (BSD-3-Clause). Its weights are
brought by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

import cv2
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.errors import Damaged
from engine.extract.detect import Detection
from engine.extract.detect._layers import Layer, convolution
from engine.extract.networks import Network
from engine.extract.tensors import leave_memory_to_others
from engine.media.read import Frame
from engine.models.arrays import load
from engine.settings import ExtractSettings

SIDE = 640
MEAN_BGR = (104.0, 117.0, 123.0)
OVERLAP = 0.5
"""Boxes that share more than this of their union with a better one are voices for it."""
MOST = 1000
"""So many of the surest boxes of a frame are looked at."""
VARIANCES = (0.1, 0.2)

STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Channels and convolutions of VGG-16, each stage halved after it."""
LATER = {
    "fc6": (1024, 512, 3),
    "fc7": (1024, 1024, 1),
    "conv6_1": (256, 1024, 1),
    "conv6_2": (512, 256, 3),
    "conv7_1": (128, 512, 1),
    "conv7_2": (256, 128, 3),
}
NORMS = {"conv3_3_norm": 256, "conv4_3_norm": 512, "conv5_3_norm": 512}
HEADS = {**NORMS, "fc7": 1024, "conv6_2": 512, "conv7_2": 256}
"""What each head looks at and its channels; the first has a stride of 4, each next twice that."""


class Detector(Network):
    """Finds faces in frames, a few at once."""

    name = "s3fd"
    shared = True
    batch = 4

    def __init__(self, settings: ExtractSettings) -> None:
        self._least = settings.confidence
        found = load("s3fd")
        leave_memory_to_others()
        convolutions, scales = layers(found)
        self._layers = {n: (tf.constant(w), tf.constant(b)) for n, (w, b) in convolutions.items()}
        self._scales = {n: tf.constant(scale) for n, scale in scales.items()}
        pictures = tf.TensorSpec((None, SIDE, SIDE, 3), tf.uint8)
        self._run = tf.function(self._heads, input_signature=[pictures], autograph=False)
        self._lock = Lock()

    def __call__(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        """Faces of each frame, best first."""
        fed = [letterbox(frame.rgb) for frame in frames]
        with self._lock:
            outputs = self._run(np.stack([picture for picture, _, _ in fed])) if fed else []
        maps = [(scores.numpy(), boxes.numpy()) for scores, boxes in outputs]
        found = []
        for n, (_, scale, shift) in enumerate(fed):
            boxes, scores = decode([(s[n], b[n]) for s, b in maps], self._least)
            corners = (boxes.reshape(-1, 2, 2) - shift) / scale - 0.5
            faces = zip(corners.reshape(-1, 4).tolist(), scores.tolist(), strict=True)
            found.append([Detection((a, b, c, d), score) for (a, b, c, d), score in faces])
        return found

    def _heads(self, pictures: Any) -> list[tuple[Any, Any]]:
        """How surely a face (n, h, w) and where (n, h, w, 4), of each head."""
        seen = self._backbone(tf.cast(pictures[..., ::-1], tf.float32) - MEAN_BGR)
        outputs = []
        for name in HEADS:
            classes = self._convolve(seen[name], f"{name}_mbox_conf")
            none = tf.reduce_max(classes[..., :-1], -1)
            sure = tf.sigmoid(classes[..., -1] - none)
            outputs.append((sure, self._convolve(seen[name], f"{name}_mbox_loc")))
        return outputs

    def _backbone(self, x: Any) -> dict[str, Any]:
        """What the heads look at."""
        seen = {}
        for number, (_, count) in enumerate(STAGES, 1):
            for n in range(1, count + 1):
                x = tf.nn.relu(self._convolve(x, f"conv{number}_{n}"))
            if (norm := f"conv{number}_{count}_norm") in NORMS:
                length = tf.norm(x, axis=-1, keepdims=True) + 1e-10
                seen[norm] = x / length * self._scales[norm]
            x = tf.nn.max_pool2d(x, 2, 2, "VALID")
        for name in LATER:
            halves = name in ("conv6_2", "conv7_2")
            x = tf.nn.relu(
                self._convolve(x, name, 2 if halves else 1, 3 if name == "fc6" else None)
            )
            seen[name] = x
        return seen

    def _convolve(self, x: Any, name: str, stride: int = 1, padding: int | None = None) -> Any:
        kernel, biases = self._layers[name]
        p = kernel.shape[0] // 2 if padding is None else padding
        return tf.nn.conv2d(x, kernel, stride, [[0, 0], [p, p], [p, p], [0, 0]]) + biases


def shapes() -> dict[str, tuple[int, int, int]]:
    """Outputs, inputs and kernel side of each convolution."""
    found, inputs = {}, 3
    for number, (channels, count) in enumerate(STAGES, 1):
        for n in range(1, count + 1):
            found[f"conv{number}_{n}"] = (channels, inputs, 3)
            inputs = channels
    found |= LATER
    for name, channels in HEADS.items():
        found[f"{name}_mbox_conf"] = (4 if name == "conv3_3_norm" else 2, channels, 3)
        found[f"{name}_mbox_loc"] = (4, channels, 3)
    return found


def layers(
    found: Mapping[str, NDArray[Any]],
) -> tuple[dict[str, Layer], dict[str, NDArray[np.float32]]]:
    """The convolutions and the scales of the norms out of a file's arrays. Raises `Damaged`."""
    scales = {}
    for name, channels in NORMS.items():
        own = [a for key, a in found.items() if key.rpartition(".")[0] == name]
        if len(own) != 1 or own[0].size != channels:
            raise Damaged(f"The weights of S3FD have no scale of {name}: import others.")
        scales[name] = np.asarray(own[0], np.float32).reshape(channels)
    return {n: convolution(found, n, shape, "S3FD") for n, shape in shapes().items()}, scales


def letterbox(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float, NDArray[np.float64]]:
    """The network's square picture with black borders, and the scale and shift that made it."""
    height, width = rgb.shape[:2]
    scale = SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    kernel = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    left, top = (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    picture[top : top + size[1], left : left + size[0]] = cv2.resize(
        rgb, size, interpolation=kernel
    )
    return picture, scale, np.array([left, top], float)


def decode(
    maps: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]], least: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Boxes (n, 4) from corner to corner of the square picture and their scores (n,), best first,
    of each head's scores (h, w) and offsets (h, w, 4)."""
    boxes, scores = [np.zeros((0, 4))], [np.zeros(0)]
    for number, (sure, offsets) in enumerate(maps):
        stride = 4 << number
        rows, columns = np.nonzero(sure >= least)
        moves = offsets[rows, columns].astype(float)
        anchors, side = (np.stack([columns, rows], -1) + 0.5) * stride, 4 * stride
        centres = anchors + moves[:, :2] * VARIANCES[0] * side
        halves = np.exp(np.minimum(moves[:, 2:] * VARIANCES[1], 10)) * side / 2
        boxes.append(np.concatenate([centres - halves, centres + halves], 1))
        scores.append(sure[rows, columns].astype(float))
    return vote(np.concatenate(boxes), np.concatenate(scores))


def vote(
    boxes: NDArray[np.float64], scores: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Non-maximum suppression in which a face's box is the mean of all that mean it, by score."""
    order = np.argsort(-scores, kind="stable")[:MOST]
    boxes, scores = boxes[order], scores[order]
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    kept: list[NDArray[np.float64]] = []
    sure: list[float] = []
    left = np.ones(len(boxes), bool)
    for i in range(len(boxes)):
        if not left[i]:
            continue
        inner = np.minimum(boxes[i, 2:], boxes[:, 2:]) - np.maximum(boxes[i, :2], boxes[:, :2])
        common = np.prod(np.maximum(inner, 0), axis=1)
        same = left & (common > OVERLAP * (area[i] + area - common))
        same[i] = True
        left &= ~same
        kept.append(np.average(boxes[same], axis=0, weights=scores[same]))
        sure.append(float(scores[i]))
    return np.array(kept).reshape(-1, 4), np.array(sure)
