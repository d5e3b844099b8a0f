"""What was measured of a clip, as its report keeps it, and its worst frames. Light."""

from __future__ import annotations

import msgspec

from engine.quality.kinds import KINDS

WORST = 20


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
