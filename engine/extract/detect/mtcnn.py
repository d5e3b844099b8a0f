"""MTCNN of the package `mtcnn` (MIT) on TensorFlow: three networks on a pyramid, five points."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

import cv2
import numpy as np
from mtcnn import MTCNN
from mtcnn.stages import StageONet, StagePNet, StageRNet
from numpy.typing import NDArray

from engine.extract.detect import Detection
from engine.extract.networks import Network
from engine.extract.tensors import device, leave_memory_to_others
from engine.media.read import Frame
from engine.models import store
from engine.settings import ExtractSettings

SIDE = 640
"""Larger frames are looked at with their longer side scaled to this: its smallest face is then
1/32 of that side."""
LEAST = 24
"""A frame of fewer pixels on a side holds no face that it could find."""
STAGES = ((StagePNet, "pnet.lz4"), (StageRNet, "rnet.lz4"), (StageONet, "onet.lz4"))


class Detector(Network):
    """Finds faces in frames, many at once."""

    name = "mtcnn"
    shared = True
    batch = 8

    def __init__(self, settings: ExtractSettings) -> None:
        leave_memory_to_others()
        self._least = settings.confidence
        # named in full: by the bare name the package would load a file of the working folder
        weights = store.find("mtcnn")
        stages = [stage(weights=str(weights / name)) for stage, name in STAGES]
        self._net = MTCNN(stages=stages, device=device())
        self._lock = Lock()

    def __call__(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        """Faces of each frame, best first."""
        found: list[list[Detection]] = [[] for _ in frames]
        # frames of one size at a time: the package pads others, and then mistakes whose is whose
        sizes: dict[tuple[int, ...], list[int]] = {}
        for i, frame in enumerate(frames):
            if min(frame.rgb.shape[:2]) >= LEAST:
                sizes.setdefault(frame.rgb.shape, []).append(i)
        for same in sizes.values():
            for i, faces in zip(same, self._find([frames[i].rgb for i in same]), strict=True):
                found[i] = faces
        return found

    def _find(self, pictures: Sequence[NDArray[np.uint8]]) -> list[list[Detection]]:
        """Faces of pictures of one size."""
        scaled = [_scaled(rgb) for rgb in pictures]
        with self._lock:
            answers = self._net.detect_faces(
                [rgb for rgb, _ in scaled], fit_to_image=False, threshold_onet=self._least
            )
        scale = scaled[0][1]
        return [
            sorted((_detection(face, scale) for face in faces), key=lambda d: -d.score)
            for faces in answers
        ]


def _scaled(rgb: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """A frame no longer than `SIDE`, and the scale that made it so."""
    scale = min(1.0, SIDE / max(rgb.shape[:2]))
    if scale == 1.0:
        return rgb, scale
    return cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), scale


def _detection(face: dict[str, Any], scale: float) -> Detection:
    """The package means left and right in the picture: its left eye is the subject's right."""
    left, top, width, height = (float(n) / scale for n in face["box"])
    points = face["keypoints"]
    x, y = (float(n) / scale for n in points["left_eye"])
    other_x, other_y = (float(n) / scale for n in points["right_eye"])
    box = (left, top, left + width, top + height)
    return Detection(box, float(face["confidence"]), ((x, y), (other_x, other_y)))
