"""Why faces are rejected: decided as they are found, and again from their rows at the step's end,
so that a changed filter needs no pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.extract import filters, queries
from engine.extract.flow import batched
from engine.extract.footage import Footage
from engine.extract.people import NETWORK as IDENTITY_NETWORK
from engine.extract.people import Describe, PersonFilter
from engine.faces.boxes import Box
from engine.faces.geometry import Points, align
from engine.project import Project
from engine.report import Reporter
from engine.settings import ExtractSettings
from engine.store import Store
from engine.tables import KEPT

ALIGNER = "aligner"
"""The aligner sees no face: until it is asked again, nothing takes that back."""
FRAMES = "frames"
EXAMPLES = 8
"""Crops that are shown of what a filter rejects."""


class Filters:
    """Which faces the settings reject. Raises `BadInput` for pictures of people that are none."""

    def __init__(self, settings: ExtractSettings, project: Project, describe: Describe) -> None:
        self._settings = settings
        none = ExtractSettings()
        names = ("min_face", "max_face", "max_misalignment", "max_roll", "upside_down")
        self._looks = any(getattr(settings, n) != getattr(none, n) for n in names)
        self._people: PersonFilter | None = None
        if settings.filter or settings.nfilter:
            self._people = PersonFilter(settings, project, describe)

    def reason(
        self,
        footage: Footage,
        index: int,
        box: Box,
        points: Points,
        identity: NDArray[np.float32] | None,
    ) -> str | None:
        """The value of `face.rejected_by` for a face of a frame; None keeps it."""
        if not footage.selection.wanted(index):
            return FRAMES
        reason = None
        if self._looks:
            reason = filters.rejection(self._settings, align(points), box, footage.size)
        if reason is None and self._people is not None:
            reason = self._people.rejection(identity)
        return reason


def judge(store: Store, filters: Filters, footage: Sequence[Footage]) -> None:
    """Decide again about all faces of all media, but for those that the user decided about."""
    for medium in footage:
        for part in batched(_changed(store, filters, medium), queries.CHUNK):
            with store.batch():
                queries.reject(store, part)


def _changed(store: Store, filters: Filters, footage: Footage) -> Iterator[tuple[str | None, int]]:
    """Reason and id of faces that are judged otherwise than before."""
    for row in queries.judged(store, footage.media.id):
        if row.rejected_by in (ALIGNER, KEPT):
            continue
        box = row.left, row.top, row.right, row.bottom
        points = np.frombuffer(row.points, "<f4").reshape(-1, 2)
        identity = None
        if row.identity is not None and row.network == IDENTITY_NETWORK:
            identity = np.frombuffer(row.identity, "<f4")
        reason = filters.reason(footage, row.idx, box, points, identity)
        if reason != row.rejected_by:
            yield reason, row.id


def tell(store: Store, report: Reporter, footage: Sequence[Footage]) -> None:
    """Say what was rejected of each medium, with examples."""
    for medium in footage:
        media_id = medium.media.id
        rejected = queries.rejections(store, media_id)
        if rejected:
            examples = {by: queries.examples(store, media_id, by, EXAMPLES) for by in rejected}
            report.event("rejections", media=medium.shown, rejected=rejected, examples=examples)
