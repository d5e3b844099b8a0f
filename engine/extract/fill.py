"""What faces lack: identity, figures and masks, made from their saved crops.

No footage is read. What a face lacks shows in its rows: a killed run goes on with the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.extract import queries
from engine.extract.crew import Crew
from engine.extract.flow import batched, ordered
from engine.extract.footage import Footage
from engine.extract.people import NETWORK as IDENTITY_NETWORK
from engine.extract.save import identity_columns
from engine.faces import crops, quality
from engine.faces.geometry import align, transform
from engine.faces.landmarks import Landmarks
from engine.faces.masks import Packed
from engine.tables import Face

BATCH = 32


@dataclass
class Lacking:
    """A face that lacks something, and what of it could be made already."""

    row: Face
    masks: list[str]
    """Names of those that it lacks."""
    crop: NDArray[np.uint8]
    """RGB; empty where nothing needs the pixels."""
    values: dict[str, Any]
    """Columns."""
    chips: list[NDArray[np.uint8]]


def fill(crew: Crew, footage: Sequence[Footage]) -> int:
    """Make what faces lack; how many lacked something."""
    filling = Filling(crew)
    todo = [(f, queries.count_lacking(crew.store, f.media.id, filling.wanted)) for f in footage]
    total = sum(count for _, count in todo)
    if total:
        crew.report.phase("making what faces lack")
        for medium, count in todo:
            if count:
                filling.medium(medium, total)
    return total


class Filling:
    """The pass over saved crops, one medium after the other."""

    def __init__(self, crew: Crew) -> None:
        self._crew, self._store = crew, crew.store
        size = crew.settings.mask_size
        self.wanted = queries.Wanted(
            identity=IDENTITY_NETWORK if crew.identifies else None,
            masks={name: None if name in queries.PAINTED else size for name in crew.masks},
        )
        self._done = 0

    def medium(self, footage: Footage, total: int) -> None:
        """All faces of one medium."""
        rows = queries.lacking(self._store, footage.media.id, self.wanted, BATCH)
        stream = ordered(self._crew.pool, self._read, rows, self._crew.threads * 2)
        with closing(stream):
            for batch in batched(stream, BATCH):
                self._commit(batch)
                self._done += len(batch)
                self._crew.report.progress(self._done, total, "face", media=footage.shown)
                self._crew.stop_if_asked(f"making what faces of {footage.shown} lack")

    def _read(self, lacking: tuple[Face, list[str]]) -> Lacking:
        """What follows from the crop at once; runs in the pool."""
        row, masks = lacking
        made = Lacking(row, masks, np.zeros((0, 0, 3), np.uint8), {}, [])
        anonymous = self.wanted.identity is not None and row.identity_network != IDENTITY_NETWORK
        if anonymous or row.spectrum is None or any(self._crew.maskers[m].looks for m in masks):
            made.crop = crops.read(self._crew.work.project.inside(str(row.crop)))
            alignment = align(Landmarks.of(row).points)
            if row.spectrum is None:
                made.values |= quality.measure(made.crop, alignment)._asdict()
            if anonymous:
                inside = transform(alignment.points, alignment.crop_matrix(len(made.crop)))
                made.chips = self._crew.chips(made.crop, [inside])
        return made

    def _commit(self, batch: list[Lacking]) -> None:
        """What all faces of a batch lack, in one transaction."""
        anonymous = [face for face in batch if face.chips]
        embeddings = self._crew.embed([face.chips[0] for face in anonymous])
        for face, embedding in zip(anonymous, embeddings, strict=True):
            face.values |= identity_columns(embedding)
        masks = [mask for name in self.wanted.masks for mask in self._masks(name, batch)]
        with self._store.batch():
            for face in batch:
                if face.values:
                    self._store.set_face(face.row.id, **face.values)
            for face_id, name, packed in masks:
                self._store.add_mask(face_id, name, *packed)

    def _masks(self, name: str, batch: list[Lacking]) -> Iterator[tuple[int, str, Packed]]:
        """One mask of all faces that lack it."""
        faces = [face for face in batch if name in face.masks]
        if faces:
            made = self._crew.maskers[name].masks(
                [face.crop for face in faces], [Landmarks.of(face.row) for face in faces]
            )
            yield from (
                (face.row.id, name, masks[name]) for face, masks in zip(faces, made, strict=True)
            )
