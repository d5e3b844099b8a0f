"""Committing a batch of looked-at frames: crops to disk first, then one transaction of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.curate import PAINTED as MASK
from engine.errors import from_os_error
from engine.extract.crew import Crew
from engine.extract.describe import FoundFace
from engine.extract.footage import Edit, Footage
from engine.extract.people import NETWORK as IDENTITY_NETWORK
from engine.tables import CROP, KEPT


@dataclass
class SeenFrame:
    """A frame that was looked at; its picture is gone."""

    index: int
    pts: int
    faces: list[FoundFace]
    jpegs: list[bytes]
    """The faces' crops."""
    chips: list[NDArray[np.uint8]]
    """The faces' pictures for the identity network."""
    preview: bytes | None = None
    """JPEG, now and then."""


class Saver:
    """Writes what was found in one medium."""

    def __init__(self, crew: Crew, footage: Footage) -> None:
        self._crew, self._footage = crew, footage
        self._edits: dict[int, list[Edit]] = {}
        """What the user made of faces by hand, by their frame."""
        for edit in footage.marks.edited:
            self._edits.setdefault(edit.index, []).append(edit)
        folder = crew.crop_path(footage, 0, 0).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise from_os_error(error, f"making the folder {folder}") from error

    def commit(self, frames: Sequence[SeenFrame]) -> list[str | None]:
        """Make a batch durable: synced crops, synced folder, then the rows that name them.

        Gives why each face is rejected, None for those that are kept.
        """
        store, media = self._crew.store, self._footage.media
        self._crew.write(
            [
                (self._crew.crop_path(self._footage, frame.index, n), jpeg)
                for frame in frames
                for n, jpeg in enumerate(frame.jpegs)
            ]
        )
        reasons: list[str | None] = []
        with store.batch():
            for frame in frames:
                row = store.add_frame(media.id, frame.index, frame.pts)
                edits = self._edits_in(frame)
                for n, face in enumerate(frame.faces):
                    reason = self._reason(frame.index, face)
                    reasons.append(None if reason == KEPT else reason)
                    found = store.add_face(row, n, **self._values(frame, n, face, reason))
                    if edit := edits.get(n):
                        self._put(edit, found)
        return reasons

    def _edits_in(self, frame: SeenFrame) -> dict[int, Edit]:
        """Which of a frame's faces the user had edited when they were found before."""
        boxes = [face.box for face in frame.faces]
        places = {e.place(boxes): e for e in self._edits.get(frame.index, [])}
        return {n: edit for n, edit in places.items() if n is not None}

    def _put(self, edit: Edit, face: int) -> None:
        """Have a face as the user made it; it is cut and measured anew as after every edit."""
        left, top, right, bottom = edit.box
        box = {"left": left, "top": top, '"right"': right, "bottom": bottom}
        shape = {"points": edit.points, "mesh": None, "raw_points": None}
        self._crew.store.set_face(face, **box, **shape, edited=1, stale=CROP)
        if edit.mask is not None:
            self._crew.store.add_mask(face, MASK, *edit.mask)

    def _reason(self, index: int, face: FoundFace) -> str | None:
        if decision := self._footage.marks.decision(index, face.box):
            return decision
        return self._crew.filters.reason(self._footage, index, face.box, face.points, face.identity)

    def _values(
        self, frame: SeenFrame, n: int, face: FoundFace, reason: str | None
    ) -> dict[str, Any]:
        """A face as the columns of its row."""
        left, top, right, bottom = face.box
        crop = self._crew.crop_path(self._footage, frame.index, n)
        return {
            "left": left,
            "top": top,
            "right": right,
            "bottom": bottom,
            "score": face.score,
            "detector": self._crew.settings.detector,
            "aligner": self._crew.settings.aligner,
            **columns(face),
            "crop": self._relative(crop),
            "crop_size": self._crew.settings.size,
            "rejected": int(reason not in (None, KEPT)),
            "rejected_by": reason,
        }

    def _relative(self, crop: Path) -> str:
        return crop.relative_to(self._crew.work.project.path).as_posix()


def columns(face: FoundFace) -> dict[str, Any]:
    """What is known of a face once its points are, as columns of its row."""
    yaw, pitch, roll = face.pose
    values = {
        "points": _bytes(face.points),
        "mesh": _bytes(face.mesh),
        "yaw": yaw,
        "pitch": pitch,
        "roll": roll,
        "size": face.alignment.size,
        "misalignment": face.alignment.misalignment,
        **face.quality._asdict(),
    }
    return values | identity_columns(face.identity)


def identity_columns(identity: NDArray[np.float32] | None) -> dict[str, Any]:
    """Who a face is, as columns; nothing if it was not measured. Its person is to be found anew."""
    if identity is None:
        return {}
    return {"identity": _bytes(identity), "identity_network": IDENTITY_NETWORK, "cluster": None}


def _bytes(numbers: NDArray[Any] | None) -> bytes | None:
    """float32, little-endian."""
    return None if numbers is None else np.ascontiguousarray(numbers, "<f4").tobytes()
