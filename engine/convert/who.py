"""Which of the target's faces are swapped."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from engine.convert.roles import Role, not_told_apart
from engine.project import Project
from engine.settings import ConvertSettings, ExtractSettings
from engine.tables import FrameFace

if TYPE_CHECKING:
    from engine.extract.people import PersonFilter

Wanted = Callable[[list[FrameFace]], list[FrameFace]]


def wanted_of(project: Project, settings: ConvertSettings, roles: Sequence[Role]) -> Wanted:
    """What keeps, of a clip's faces, those that roles and settings mean. Raises `BadInput` for
    reference pictures that can't be used."""
    reference = _reference(project, settings)
    chosen = {role.person for role in roles}

    def wanted(rows: list[FrameFace]) -> list[FrameFace]:
        if None not in chosen:
            rows = _of_people(rows, chosen, project.typed)
        if settings.crops_left:
            rows = [row for row in rows if _has_crop(project, row)]
        if reference:
            rows = [row for row in rows if reference.rejection(_identity(row)) is None]
        return rows

    return wanted


def _has_crop(project: Project, row: FrameFace) -> bool:
    return bool(row.face.crop) and project.inside(row.face.crop or "").is_file()


def models_by_frame(rows: Sequence[FrameFace], roles: Sequence[Role]) -> dict[int, list[int]]:
    """The role of each face by frame index, from 0; none where there is one role alone."""
    if len(roles) == 1:
        return {}
    numbers = {role.person: number for number, role in enumerate(roles)}
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(row.idx, []).append(numbers[row.face.cluster])
    return found


def _of_people(
    rows: list[FrameFace], chosen: Collection[int | None], typed: str
) -> list[FrameFace]:
    """The faces of some of the people that extraction told apart."""
    if all(row.face.cluster is None for row in rows):
        raise not_told_apart(typed)
    return [row for row in rows if row.face.cluster in chosen]


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
