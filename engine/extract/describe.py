"""All that is known about the faces of a frame: where, which points, pose, quality, who."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.extract.detect import Detection
from engine.extract.networks import Lent, network
from engine.extract.refine import Refiner
from engine.extract.turned import angles, find_turned
from engine.faces import crops, quality
from engine.faces.boxes import SAME_FACE, Box, around, overlap
from engine.faces.geometry import Alignment, align
from engine.faces.landmarks import Landmarks
from engine.media.read import Frame
from engine.settings import ExtractSettings


@dataclass
class FoundFace:
    """A face in a frame, in frame pixels."""

    box: Box
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
    """Detector and aligner for so many threads: everything about frames' faces but who they are."""

    def __init__(
        self, settings: ExtractSettings, threads: int = 1, align: Lent | None = None
    ) -> None:
        self._size = settings.size
        kind = network("detect", settings.detector).Detector
        self._detect = Lent(kind, lambda: kind(settings), threads)
        self._align = align or aligner(settings, threads)
        self._angles = angles(settings.rotate)

    @property
    def chunk(self) -> int:
        """How many frames are best given at once."""
        return max(self._detect.chunk, self._align.chunk)

    @property
    def lanes(self) -> int:
        """How many such calls are best begun."""
        return min(self._detect.lanes, self._align.lanes)

    def begin(self, medium: Path) -> None:
        """The frames of another medium follow."""
        self._detect.begin(medium)
        self._align.begin(medium)

    def find(self, frames: Sequence[Frame]) -> list[list[FoundFace]]:
        """The faces of each frame, best first."""
        found = self._described(frames, self._detect(frames))
        empty = [n for n, faces in enumerate(found) if not faces]
        if self._angles and empty:
            turned = [find_turned(self._detect, frames[n], self._angles) for n in empty]
            anew = self._described([frames[n] for n in empty], turned)
            for n, faces in zip(empty, anew, strict=True):
                found[n] = faces
        return found

    def _described(
        self, frames: Sequence[Frame], detections: Sequence[Sequence[Detection]]
    ) -> list[list[FoundFace]]:
        """Those of the detections that are faces; the aligner sees all frames' at once."""
        pairs = [
            (frame, detection)
            for frame, found in zip(frames, detections, strict=True)
            for detection in found
        ]
        aligned = iter(self._align([(frame.rgb, detection) for frame, detection in pairs]))
        described = []
        for frame, found in zip(frames, detections, strict=True):
            faces: list[FoundFace] = []
            for detection in found:
                landmarks = next(aligned)
                if landmarks is None or not is_face(landmarks.points):
                    continue
                box = around(landmarks.points)
                if all(overlap(box, around(f.points)) <= SAME_FACE for f in faces):
                    faces.append(
                        describe(frame.rgb, detection.box, detection.score, landmarks, self._size)
                    )
            described.append(faces)
        return described


def aligner(settings: ExtractSettings, threads: int) -> Lent:
    """The aligner of the settings for so many threads."""
    kind = network("align", settings.aligner).Aligner

    def make() -> Any:
        plain = kind(settings)
        return Refiner(settings, plain) if settings.refeed or settings.realign else plain

    return Lent(kind, make, threads)


def describe(
    rgb: NDArray[np.uint8], box: Box, score: float, landmarks: Landmarks, size: int
) -> FoundFace:
    """A face whose points are known: its pose, crop (`size` px) and figures."""
    alignment = align(landmarks.points)
    crop = crops.cut(rgb, alignment, size)
    return FoundFace(
        box,
        score,
        landmarks.points,
        landmarks.mesh,
        alignment,
        quality.measure(crop, alignment),
        crop,
    )


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
            (faces,) = self._finder.find([Frame(0, 0, rgb)])
            embeddings = self._identifier.embed(rgb, [f.points for f in faces])
            for face, embedding in zip(faces, embeddings, strict=True):
                face.identity = embedding
            described.append(faces)
        return described


def is_face(points: NDArray[np.float32]) -> bool:
    """Whether points are numbers and spread over more than a dot."""
    return bool(np.isfinite(points).all() and np.ptp(points, axis=0).min() > 1.0)
