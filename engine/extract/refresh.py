"""Faces that are stale: found, cut and measured anew in the frames that hold them.

What is stale says its row (`face.stale`), and a batch of rows stops being so in one transaction,
after their crops are on the disk: a killed run goes on with the rest.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.extract import queries
from engine.extract.crew import Crew
from engine.extract.describe import FoundFace, describe, is_face
from engine.extract.detect import Detection, Point
from engine.extract.flags import ALIGNER
from engine.extract.flow import ahead, batched, ordered, split
from engine.extract.footage import Footage
from engine.extract.look import depth
from engine.extract.save import columns
from engine.extract.selection import Selection
from engine.faces.crops import encode_jpeg
from engine.faces.geometry import Points
from engine.faces.landmarks import LEFT_EYE, RIGHT_EYE, Landmarks
from engine.media.read import Frame, FrameReader
from engine.spans import Span
from engine.tables import ALIGN, CROP, KEPT, Face

Stale = tuple[Frame, list[Face]]
"""A frame and its stale faces."""


@dataclass
class Renewed:
    """A stale face as it is now."""

    row: Face
    index: int
    """Of its frame."""
    found: FoundFace | None
    """None where the aligner sees no face."""
    jpeg: bytes
    chips: list[NDArray[np.uint8]]


def refresh(crew: Crew, footage: Sequence[Footage], least: int = CROP) -> None:
    """Make all faces anew that are at least so stale."""
    todo = [(f, queries.stale_frames(crew.store, f.media.id, least)) for f in footage]
    total = sum(len(indices) for _, indices in todo)
    if total:
        crew.report.phase("making faces anew")
        refreshing = Refreshing(crew, total, least)
        for medium, indices in todo:
            if indices:
                refreshing.medium(medium, indices)


class Refreshing:
    """The pass over frames with stale faces, one medium after the other."""

    def __init__(self, crew: Crew, total: int, least: int) -> None:
        self._crew, self._store, self._least = crew, crew.store, least
        self._total, self._done = total, 0
        crew.begin_identity()

    def medium(self, footage: Footage, indices: Sequence[int]) -> None:
        """All stale faces of one medium."""
        media_id = footage.media.id
        if queries.stale_frames(self._store, media_id, ALIGN):
            self._crew.aligner.begin(footage.path)
        with FrameReader(footage.path, runs=_runs(footage, indices)) as reader:
            stream = self._renewed(iter(reader), footage)
            with closing(stream):
                for batch in batched(stream, self._crew.settings.batch):
                    self._commit(footage, [face for faces in batch for face in faces])
                    self._done += len(batch)
                    self._crew.report.progress(
                        self._done, max(self._total, self._done), "frame", media=footage.shown
                    )
                    self._crew.stop_if_asked(f"making faces of {footage.shown} anew")
        if left := len(queries.stale_frames(self._store, media_id, self._least)):
            self._crew.report.warn(
                f"{left} frames of {footage.shown} can't be read any more: their faces stay as "
                "they were."
            )

    def _renewed(
        self, frames: Iterator[Frame], footage: Footage
    ) -> Generator[list[Renewed], None, None]:
        """Each frame's: decode in one thread, align and cut in the pool, in the frames' order."""
        most = depth(footage)
        decoded = ahead(frames, max(1, most // 2))
        aligner = self._crew.aligner
        best = aligner.chunk if self._least == ALIGN else 1
        chunk, begun = split(min(self._crew.threads * 4, most // 2), best, aligner.lanes)
        with closing(decoded):
            stale = batched(self._with_faces(decoded, footage), chunk)
            for frames_faces in ordered(self._crew.pool, self._renew, stale, begun):
                yield from frames_faces

    def _with_faces(self, frames: Iterator[Frame], footage: Footage) -> Iterator[Stale]:
        for frame in frames:
            yield (
                frame,
                queries.faces_at(self._store, footage.media.id, frame.index, self._least),
            )

    def _renew(self, stale: list[Stale]) -> list[list[Renewed]]:
        """The faces of frames anew; runs in the pool."""
        asked = [
            (frame.rgb, detection_of(row))
            for frame, rows in stale
            for row in rows
            if _is_aligned(row)
        ]
        aligned = iter(self._crew.aligner(asked) if asked else [])
        return [
            [
                self._one(frame, row, next(aligned) if _is_aligned(row) else Landmarks.of(row))
                for row in rows
            ]
            for frame, rows in stale
        ]

    def _one(self, frame: Frame, row: Face, landmarks: Landmarks | None) -> Renewed:
        if landmarks is None or not is_face(landmarks.points):
            return Renewed(row, frame.index, None, b"", [])
        size = self._crew.settings.size
        face = describe(frame.rgb, _box(row), row.score, landmarks, size)
        jpeg, chips = encode_jpeg(face.crop), self._crew.chips(frame.rgb, [face.points])
        face.crop = face.crop[:0]  # the JPEG stays
        return Renewed(row, frame.index, face, jpeg, chips)

    def _commit(self, footage: Footage, batch: list[Renewed]) -> None:
        """Crops to disk first, then the rows, which then are not stale any more."""
        found = [(face, face.found) for face in batch if face.found is not None]
        self._crew.identify([f for _, f in found], [c for face, _ in found for c in face.chips])
        paths = {face.row.id: self._path(footage, face) for face, _ in found}
        self._crew.write([(paths[face.row.id], face.jpeg) for face, _ in found])
        with self._store.batch():
            for face in batch:
                self._store.set_face(face.row.id, **self._values(face, paths.get(face.row.id)))
            moved = [(f.row.id,) for f, _ in found if f.row.stale == ALIGN or f.row.edited]
            queries.drop_masks(self._store, moved)

    def _path(self, footage: Footage, face: Renewed) -> Path:
        if face.row.crop:
            return self._crew.work.project.inside(face.row.crop)
        return self._crew.crop_path(footage, face.index, face.row.n)

    def _values(self, face: Renewed, path: Path | None) -> dict[str, Any]:
        """What changes of a row."""
        if face.found is None or path is None:
            if face.row.rejected_by == KEPT:
                return {"stale": 0}
            return {"stale": 0, "rejected": 1, "rejected_by": ALIGNER}
        values = {
            **columns(face.found),
            "crop": path.relative_to(self._crew.work.project.path).as_posix(),
            "crop_size": self._crew.settings.size,
            "stale": 0,
        }
        if _is_aligned(face.row):
            values |= {"aligner": self._crew.settings.aligner, "raw_points": None}
            if face.row.rejected_by == ALIGNER:
                values |= {"rejected": 0, "rejected_by": None}
        return values


def detection_of(row: Face) -> Detection:
    """A stored face as a detector would have found it, its eyes where its points are."""
    points = Landmarks.of(row).points
    return Detection(_box(row), row.score, (_mean(points[RIGHT_EYE]), _mean(points[LEFT_EYE])))


def _is_aligned(row: Face) -> bool:
    """Whether its points are found again: not those that the user edited."""
    return row.stale == ALIGN and not row.edited


def _box(row: Face) -> tuple[float, float, float, float]:
    return row.left, row.top, row.right, row.bottom


def _mean(points: Points) -> Point:
    x, y = points.mean(0).tolist()
    return x, y


def _runs(footage: Footage, indices: Sequence[int]) -> list[Any]:
    """These frames, for the reader."""
    spans: list[Span] = []
    for index in indices:
        if spans and spans[-1].stop == index:
            spans[-1] = Span(spans[-1].start, index + 1)
        else:
            spans.append(Span(index, index + 1))
    selection: Selection = replace(footage.selection, spans=tuple(spans), every=1)
    return list(selection.runs())
