"""What the figures of a clip's faces come to: median and the bad end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from engine.quality.kinds import KINDS, Kind
from engine.quality.worst import WORST, Figure, Quality, Row

TAIL = 5
"""Percent of the faces that are worse than a figure's tail."""


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
