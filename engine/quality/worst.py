"""What was measured of a clip, as its report keeps it, and its worst frames. Light."""

from __future__ import annotations

import msgspec

from engine.quality.kinds import KINDS

WORST = 20
SHARE = 10
"""Of so many frames that were measured one is told as one of the worst: of a few frames nearly all
would be."""


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
    """Up to 20 frames for the sheet with what is bad about each: those with lost faces, and of the
    others up to a tenth, taken in turn from each figure's worst."""
    measured = len({row.frame for row in quality.rows})
    chosen = dict.fromkeys(quality.lost[:WORST], "no face")
    room = min(WORST, len(chosen) + max(1, measured // SHARE))
    for place in range(WORST):
        for kind in KINDS:
            figure = quality.figures.get(kind.name)
            if figure and place < len(figure.worst) and len(chosen) < room:
                chosen.setdefault(figure.worst[place], kind.name)
    return chosen
