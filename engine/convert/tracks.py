"""A clip's faces over time: which of them are one face going on inside a shot, and their points
smoothed along that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from engine.convert.shots import Shot, number_at
from engine.faces.geometry import transform, umeyama
from engine.faces.landmarks import Landmarks
from engine.faces.smooth import Shaking, grouped, jitter, smooth, together, tracks
from engine.tables import FrameFace

Track = list[tuple[int, int]]
"""Frame index, from 0, and the face's number in that frame, in the order of the frames."""
Faces = dict[int, list[Landmarks]]
"""By frame index."""


def tracks_of(rows: Sequence[FrameFace], shots: Sequence[Shot], every: int = 1) -> list[Track]:
    """The tracks of a clip's faces, rows in the order of their frames of which every `every`th was
    looked at. A track ends where a shot begins."""
    labels = tracks(
        [row.idx for row in rows],
        [(r.face.left, r.face.top, r.face.right, r.face.bottom) for r in rows],
        [None if (i := r.face.identity) is None else np.frombuffer(i, "<f4") for r in rows],
        every,
    )
    shot = np.array([number_at(shots, row.idx) for row in rows])
    labels = np.unique(np.stack([labels, shot]), axis=1, return_inverse=True)[1].ravel()
    places, count = list[tuple[int, int]](), dict[int, int]()
    for row in rows:
        count[row.idx] = count.get(row.idx, -1) + 1
        places.append((row.idx, count[row.idx]))
    return [[places[i] for i in track] for track in grouped(labels)]


def steady_points(
    faces: Faces, found: Sequence[Track], radius: int, edited: Mapping[tuple[int, int], bool]
) -> tuple[Faces, Shaking]:
    """Faces with their points smoothed over `radius` frames each way, and the points' jitter in
    percent of the face's size before and after. Edited ones stay where they are; a mesh goes along
    with its points."""
    steady, told = {index: list(here) for index, here in faces.items()}, []
    for track in found:
        points = np.stack([faces[index][number].points for index, number in track])
        times = np.array([index for index, _ in track], float)
        smoothed = smooth(points, times, radius)
        for (index, number), before, after in zip(track, points, smoothed, strict=True):
            if edited.get((index, number)):
                after[:] = before
            steady[index][number] = _moved(faces[index][number], after)
        sizes = np.maximum(np.ptp(points, axis=1).max(1), 1.0)
        shaking = jitter(points, sizes), jitter(smoothed, sizes)
        told.append(Shaking(*shaking, len(track) if len(track) > 2 else 0))
    return steady, together(told)


def _moved(face: Landmarks, points: np.ndarray) -> Landmarks:
    if face.mesh is None:
        return Landmarks(points, None)
    return Landmarks(points, transform(face.mesh, umeyama(face.points, points)))
