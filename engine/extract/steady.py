"""Points smoothed over time: all faces of a medium at once, in one transaction.

`raw_points` keeps what was found, `points` become steady, and faces whose points moved are stale.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.extract import queries
from engine.extract.crew import Crew
from engine.extract.footage import Footage
from engine.extract.queries import Placed
from engine.faces.smooth import Shaking, grouped, jitter, smooth, together, tracks


def steady(crew: Crew, footage: Sequence[Footage]) -> Shaking | None:
    """Smooth every medium that has faces which are not; the jitter of those media together."""
    radius = crew.settings.smooth
    if not radius:
        return None
    told = []
    for medium in footage:
        if not queries.has_unsmoothed(crew.store, medium.media.id):
            continue
        crew.report.phase("smoothing points over time")
        told.append(_smooth_medium(crew, medium, radius))
        before, after = round(told[-1].before, 3), round(told[-1].after, 3)
        crew.report.event("jitter", media=medium.shown, before=before, after=after)
        crew.stop_if_asked(f"smoothing {medium.shown}")
    return together(told) if any(t.faces for t in told) else None


def _smooth_medium(crew: Crew, footage: Footage, radius: int) -> Shaking:
    """Smooth the tracks of one medium and store them."""
    faces = queries.placed(crew.store, footage.media.id)
    raw = np.stack([np.frombuffer(f.found, "<f4").reshape(-1, 2) for f in faces])
    points = raw.copy()
    told = []
    for track in _tracks(faces, footage.marks.settings.every):
        sizes = np.array([faces[i].size or 1.0 for i in track])
        points[track] = smooth(raw[track], _times([faces[i] for i in track]), radius)
        for i in track:
            if faces[i].edited:
                points[i] = raw[i]
        shaking = jitter(raw[track], sizes), jitter(points[track], sizes)
        told.append(Shaking(*shaking, len(track) if len(track) > 2 else 0))
    with crew.store.batch():
        queries.set_smoothed(
            crew.store, ((p.tobytes(), f.found, f.id) for p, f in zip(points, faces, strict=True))
        )
    return together(told)


def _tracks(faces: Sequence[Placed], every: int) -> list[NDArray[np.int64]]:
    """Indices of the faces of each track."""
    labels = tracks(
        [f.idx for f in faces],
        [(f.left, f.top, f.right, f.bottom) for f in faces],
        [None if f.identity is None else np.frombuffer(f.identity, "<f4") for f in faces],
        every,
    )
    return grouped(labels)


def _times(track: Sequence[Placed]) -> NDArray[np.float64]:
    """When the faces of a track are: by time stamp, or by frame where stamps don't rise."""
    stamps = np.array([f.pts for f in track], float)
    return stamps if (np.diff(stamps) > 0).all() else np.array([f.idx for f in track], float)
