"""What the figures of a clip's faces come to: median, the bad end, the worst frames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from engine.quality.kinds import KINDS, Kind

WORST = 20
TAIL = 5
"""Percent of the faces that are worse than a figure's tail."""


class Row(msgspec.Struct, frozen=True):
    """The figures of one swapped face; one that could not be measured is missing."""

    frame: int
    """From 0."""
    face: int
    """Of the frame's faces, from 0."""
    figures: dict[str, float]


class Figure(msgspec.Struct, frozen=True):
    """One figure over a clip."""

    median: float
    tail: float
    """The 95th percentile where larger is worse, the 5th where smaller is."""
    faces: int
    worst: list[int]
    """Up to 20 frames, the worst first."""


class Quality(msgspec.Struct, frozen=True):
    """All that was measured of a clip."""

    figures: dict[str, Figure]
    """By the names in `KINDS`; one that could not be measured anywhere is missing."""
    rows: list[Row]
    lost: list[int]
    """Frames in which no face is found any more where one was swapped."""
    page: str = ""
    sheet: str = ""
    """File names in `out/`."""
    seconds: float = 0.0
    """That the measuring took."""


def summarised(rows: Iterable[Row], lost: Iterable[int] = ()) -> Quality:
    """The figures of a clip from its faces'."""
    rows = list(rows)
    found = {kind.name: _figure(kind, rows) for kind in KINDS}
    figures = {name: figure for name, figure in found.items() if figure}
    return Quality(figures, rows, sorted(set(lost)))


def _figure(kind: Kind, rows: Sequence[Row]) -> Figure | None:
    having = [(row.figures[kind.name], row.frame) for row in rows if kind.name in row.figures]
    if not having:
        return None
    larger = kind.worse == "larger"
    values = np.array([value for value, _ in having])
    ordered = sorted(having, key=lambda pair: (-pair[0] if larger else pair[0], pair[1]))
    frames = list(dict.fromkeys(frame for _, frame in ordered))
    return Figure(
        float(np.median(values)),
        float(np.percentile(values, 100 - TAIL if larger else TAIL)),
        len(having),
        frames[:WORST],
    )


def worst_frames(quality: Quality) -> dict[int, str]:
    """Up to 20 frames for the sheet with what is bad about each, taken in turn from the lost
    faces and each figure's worst."""
    queues = [("no face", quality.lost)] + [
        (kind.name, quality.figures[kind.name].worst)
        for kind in KINDS
        if kind.name in quality.figures
    ]
    chosen: dict[int, str] = {}
    for place in range(WORST):
        for name, frames in queues:
            if place < len(frames) and len(chosen) < WORST:
                chosen.setdefault(frames[place], name)
    return chosen
