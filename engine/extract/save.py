"""Committing a batch of looked-at frames: crops to disk first, then one transaction of rows."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import from_os_error
from engine.extract.describe import FoundFace
from engine.extract.footage import Footage
from engine.faces.crops import sync_folders, write_synced
from engine.project import Project
from engine.settings import ExtractSettings
from engine.store import Store


@dataclass
class SeenFrame:
    """A frame that was looked at; its picture is gone."""

    index: int
    pts: int
    faces: list[FoundFace]
    jpegs: list[bytes]
    """The faces' crops."""
    chips: list[Any]
    """The faces' pictures for the identity network."""
    preview: bytes | None = None
    """JPEG, now and then."""


class Saver:
    """Writes what was found in one medium."""

    def __init__(
        self, store: Store, project: Project, footage: Footage, settings: ExtractSettings
    ) -> None:
        self._store, self._project, self._footage = store, project, footage
        self._settings = settings
        self._folder = project.inside(f"faces/{footage.media.side}/{footage.media.name}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise from_os_error(error, f"making the folder {self._folder}") from error

    def commit(self, frames: Sequence[SeenFrame], writers: Executor) -> None:
        """Make a batch durable: synced crops, synced folder, then the rows that name them."""
        files = [
            (self._crop_path(frame.index, n), jpeg)
            for frame in frames
            for n, jpeg in enumerate(frame.jpegs)
        ]
        list(writers.map(lambda file: write_synced(*file), files))
        sync_folders([path for path, _ in files])
        with self._store.batch():
            for frame in frames:
                row = self._store.add_frame(self._footage.media.id, frame.index, frame.pts)
                for n, face in enumerate(frame.faces):
                    self._store.add_face(row, n, **self._values(frame, n, face))

    def _crop_path(self, index: int, n: int) -> Path:
        return self._folder / f"{index:06d}_{n}.jpg"

    def _values(self, frame: SeenFrame, n: int, face: FoundFace) -> dict[str, Any]:
        """A face as the columns of its row."""
        left, top, right, bottom = face.box
        yaw, pitch, roll = face.pose
        crop = self._crop_path(frame.index, n).relative_to(self._project.path)
        return {
            "left": left,
            "top": top,
            "right": right,
            "bottom": bottom,
            "score": face.score,
            "detector": self._settings.detector,
            "aligner": self._settings.aligner,
            "points": _bytes(face.points),
            "mesh": _bytes(face.mesh),
            "yaw": yaw,
            "pitch": pitch,
            "roll": roll,
            "size": face.alignment.size,
            "misalignment": face.alignment.misalignment,
            "blur": face.quality.blur,
            "brightness": face.quality.brightness,
            "duplicate": face.quality.duplicate,
            "identity": _bytes(face.identity),
            "identity_network": "dlib-resnet" if face.identity is not None else None,
            "crop": crop.as_posix(),
            "crop_size": self._settings.size,
            "rejected": int(self._footage.marks.is_rejected(frame.index, face.box)),
        }


def _bytes(numbers: Any) -> bytes | None:
    """float32, little-endian."""
    return None if numbers is None else np.ascontiguousarray(numbers, "<f4").tobytes()
