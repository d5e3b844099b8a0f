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
        large = [i for i, f in enumerate(frames) if min(f.rgb.shape[:2]) >= LEAST]
        if not large:
            return found
        pictures = [_scaled(frames[i].rgb) for i in large]
        with self._lock:
            answers = self._net.detect_faces(
                [picture for picture, _ in pictures],
                fit_to_image=False,
                threshold_onet=self._least,
            )
        for i, (_, scale), faces in zip(large, pictures, answers, strict=True):
            found[i] = sorted((_detection(f, scale) for f in faces), key=lambda d: -d.score)
        return found


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
