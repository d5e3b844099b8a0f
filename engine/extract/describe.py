"""All that is known about the faces of a frame: where, which points, pose, quality, who."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.extract.networks import network
from engine.faces import crops, quality
from engine.faces.boxes import SAME_FACE, around, overlap
from engine.faces.geometry import Alignment, align
from engine.media.read import Frame
from engine.settings import ExtractSettings


@dataclass
class FoundFace:
    """A face in a frame, in frame pixels."""

    box: tuple[float, float, float, float]
    """Left, top, right, bottom."""
    score: float
    points: NDArray[np.float32]
    """(68, 2)."""
    mesh: NDArray[np.float32] | None
    """(468, 2)."""
    alignment: Alignment = field(repr=False)
    quality: quality.Quality
    crop: NDArray[np.uint8] = field(repr=False)
    """Head-centred, `settings.size` square, RGB."""
    identity: NDArray[np.float32] | None = None
    """(128,)."""

    @property
    def pose(self) -> tuple[float, float, float]:
        """Yaw, pitch, roll in degrees."""
        return self.alignment.pose


class FaceFinder:
    """Detector and aligner of one thread: everything about a frame's faces but who they are."""

    def __init__(self, settings: ExtractSettings) -> None:
        self._settings = settings
        self._detect = network("detect", settings.detector).Detector(settings)
        self._align = network("align", settings.aligner).Aligner(settings)

    def find(self, frame: Frame) -> list[FoundFace]:
        """The faces of one frame, best first."""
        faces: list[FoundFace] = []
        rgb = frame.rgb
        (detections,) = self._detect([frame])
        aligned = self._align([(rgb, detection) for detection in detections])
        for detection, landmarks in zip(detections, aligned, strict=True):
            if landmarks is None or not _is_face(landmarks.points):
                continue
            box = around(landmarks.points)
            if any(overlap(box, around(f.points)) > SAME_FACE for f in faces):
                continue
            alignment = align(landmarks.points)
            crop = crops.cut(rgb, alignment.points, self._settings.size)
            measured = quality.measure(crop, alignment)
            faces.append(
                FoundFace(
                    detection.box,
                    detection.score,
                    landmarks.points,
                    landmarks.mesh,
                    alignment,
                    measured,
                    crop,
                )
            )
        return faces


class Describer:
    """The whole description of frames in memory, identity included; for one thread."""

    def __init__(self, settings: ExtractSettings | None = None) -> None:
        self._finder = FaceFinder(settings or ExtractSettings())
        from engine.extract.identify.dlib_resnet import Identifier

        self._identifier = Identifier()

    def __call__(self, frames: Sequence[NDArray[np.uint8]]) -> list[list[FoundFace]]:
        """The faces of each RGB frame."""
        described = []
        for rgb in frames:
            faces = self._finder.find(Frame(0, 0, rgb))
            embeddings = self._identifier.embed(rgb, [f.points for f in faces])
            for face, embedding in zip(faces, embeddings, strict=True):
                face.identity = embedding
            described.append(faces)
        return described


def _is_face(points: NDArray[np.float32]) -> bool:
    """Whether points are numbers and spread over more than a dot."""
    return bool(np.isfinite(points).all() and np.ptp(points, axis=0).min() > 1.0)
