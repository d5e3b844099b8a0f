"""Which of the target's faces are swapped."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from engine.errors import BadInput
from engine.project import Project
from engine.settings import ConvertSettings, ExtractSettings
from engine.store import FrameFace

if TYPE_CHECKING:
    from engine.extract.people import PersonFilter

Wanted = Callable[[list[FrameFace]], list[FrameFace]]


def wanted_of(project: Project, settings: ConvertSettings) -> Wanted:
    """What keeps, of a clip's faces, those that the settings mean. Raises `BadInput` for reference
    pictures that can't be used."""
    reference = _reference(project, settings)

    def wanted(rows: list[FrameFace]) -> list[FrameFace]:
        if settings.person >= 0:
            rows = _of_person(rows, settings.person, project.typed)
        if settings.crops_left:
            rows = [row for row in rows if _has_crop(project, row)]
        if reference:
            rows = [row for row in rows if reference.rejection(_identity(row)) is None]
        return rows

    return wanted


def _has_crop(project: Project, row: FrameFace) -> bool:
    return bool(row.face.crop) and project.inside(row.face.crop or "").is_file()


def _of_person(rows: list[FrameFace], person: int, typed: str) -> list[FrameFace]:
    """The faces of one of the people that extraction told apart."""
    if all(row.face.cluster is None for row in rows):
        raise BadInput(
            f"People were not told apart in the target: 'faces people {typed} --side target' does "
            "it, from faces that have an identity."
        )
    return [row for row in rows if row.face.cluster == person]


def _reference(project: Project, settings: ConvertSettings) -> PersonFilter | None:
    """The people of the reference pictures."""
    if not (settings.filter or settings.nfilter):
        return None
    from engine.extract.describe import Describer  # TensorFlow comes with it and takes seconds
    from engine.extract.people import PersonFilter

    people = ExtractSettings(
        filter=settings.filter, nfilter=settings.nfilter, threshold=settings.threshold
    )
    return PersonFilter(people, project, Describer())


def _identity(row: FrameFace) -> np.ndarray | None:
    stored = row.face.identity
    return np.frombuffer(stored, "<f4") if stored else None
