"""The people of a side: its faces in groups by identity, stored with a face for each group."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.errors import NothingToDo
from engine.extract import queries
from engine.extract.cluster import cluster
from engine.extract.crew import Crew
from engine.extract.footage import Footage
from engine.extract.people import LENGTH, NETWORK
from engine.extract.queries import Known
from engine.faces.smooth import tracks
from engine.project import Project
from engine.settings import ExtractSettings, read
from engine.store import Store

FRONTAL_YAW, FRONTAL_PITCH = 30.0, 25.0
"""Degrees that a representative is turned at most, where the person has such a face."""
COVERED = 0.16
"""Of `face.occlusion`: above, something covers the face."""


def group(crew: Crew, side: str, footage: Sequence[Footage]) -> None:
    """Sort a side's faces into people, unless each has its person already."""
    if footage and queries.has_unknown(crew.store, side, NETWORK):
        crew.report.phase("telling people apart")
        regroup(crew.store, side, crew.settings.threshold)


def regroup(store: Store, side: str, threshold: float) -> int:
    """Sort all faces of a side that have an identity into people; how many people there are."""
    faces = [f for f in queries.known(store, side, NETWORK) if len(f.identity) == LENGTH * 4]
    identities = np.frombuffer(b"".join(f.identity for f in faces), "<f4").reshape(-1, LENGTH)
    labels, representatives = cluster(
        identities, _tracks(faces, identities), threshold, _good(faces)
    )
    ids = [face.id for face in faces]
    with store.batch():
        queries.set_people(
            store,
            side,
            zip(labels.tolist(), ids, strict=True),
            [(label, ids[face]) for label, face in enumerate(representatives.tolist())],
        )
    return len(representatives)


def asked(path: Path, side: str, threshold: str) -> dict[str, int]:
    """`regroup` for a project's folder and words from outside. Raises `BadInput`."""
    settings = read(ExtractSettings, {"threshold": threshold})
    project = Project.open(path)
    if not project.db_path.is_file():
        raise NothingToDo(f"{project.name} has no faces yet: run extract.")
    with Store(project.db_path) as store:
        return {"people": regroup(store, side, settings.threshold)}


def _tracks(faces: Sequence[Known], identities: NDArray[np.float32]) -> NDArray[np.int64]:
    """The track (n,) of each face, unlike those of other media."""
    found = np.zeros(len(faces), np.int64)
    start = taken = 0
    for _, of_medium in groupby(faces, key=lambda face: face.media):
        part = list(of_medium)
        stop = start + len(part)
        frames = [face.idx for face in part]
        gaps = np.diff(frames)
        step = int(gaps[gaps > 0].min()) if (gaps > 0).any() else 1
        boxes = [(f.left, f.top, f.right, f.bottom) for f in part]
        found[start:stop] = tracks(frames, boxes, list(identities[start:stop]), step) + taken
        taken, start = int(found[start:stop].max()) + 1, stop
    return found


def _good(faces: Sequence[Known]) -> NDArray[np.bool_]:
    """Which faces (n,) may stand for their person: kept, frontal, uncovered, sharp for this side.

    A figure that is not known speaks against none but a turned face.
    """
    figures = [(f.yaw, f.pitch, f.blur, f.occlusion) for f in faces]
    yaw, pitch, blur, occlusion = np.array(figures, np.float64).reshape(-1, 4).T
    known = blur[np.isfinite(blur)]
    blurred = blur < np.median(known) if len(known) else np.zeros(len(faces), np.bool_)
    frontal = (np.abs(yaw) <= FRONTAL_YAW) & (np.abs(pitch) <= FRONTAL_PITCH)
    kept = np.array([not f.rejected for f in faces], np.bool_)
    return kept & frontal & ~blurred & ~(occlusion > COVERED)
