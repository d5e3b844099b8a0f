"""Runs of training that can be held against each other: whole models and their single sessions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from engine import history, sessions
from engine.history import Point
from engine.sessions import Session
from engine.settings import TrainSettings, fields
from engine.workspace import projects_of
from fstui.widgets.curves import Value, values

MOST_POINTS = 1500
HOUR_S = 3600.0
BREAK = 4.0
"""Times the usual rest between two reports that is a break, in which nothing was trained."""


class Run(NamedTuple):
    """A part of a model's history."""

    project: Path
    began: float
    """UNIX time."""
    first: int
    """Iteration that it began from."""
    last: int | None
    """Iteration that the next session went on from; None is the end of the history."""
    reached: int
    seconds: float
    """Training time."""
    rate: float
    """Examples a second (EGs/s)."""
    settings: dict[str, Any]
    """Those that differ from the defaults; of a whole model the newest session's."""
    session: Session | None = None
    """None is the whole model."""

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return f"{self.project} {self.session.job if self.session else ''}"


def runs_of(workspace: Path, here: Path) -> list[Run]:
    """All that was trained in a workspace: of each model the whole, then its sessions, the newest
    first; the project `here` comes before the others."""
    others = [path for path in projects_of(workspace) if path != here]
    return [run for path in (here, *others) for run in runs_of_project(path)]


def runs_of_project(path: Path) -> list[Run]:
    """The whole of a model and its sessions; none before the first training."""
    found = sessions.read(path / "model")
    if not found:
        return []
    ends = [*(session.first for session in found[1:]), None]
    parts = [_part(path, session, end) for session, end in zip(found, ends, strict=True)]
    seconds = sum(s.seconds for s in found)
    rate = sum(s.examples for s in found) / seconds if seconds > 0 else 0.0
    newest = found[-1]
    whole = Run(path, found[0].began, 0, None, newest.last, seconds, rate, newest.settings)
    return [whole, *reversed(parts)]


def _part(path: Path, s: Session, last: int | None) -> Run:
    return Run(path, s.began, s.first, last, s.last, s.seconds, s.rate, s.settings, s)


def points_of(run: Run) -> list[Point]:
    """The losses of a run, about as many as a chart has room for."""
    return history.read_range(
        run.project / "model" / "history", MOST_POINTS, run.first + 1, run.last
    )


def aligned(run: Run, points: Sequence[Point], side: str, *, by_hours: bool) -> list[Value]:
    """One side's losses over the iterations since the run began, or over its hours of training."""
    if not by_hours:
        return values(points, side, lambda point: point.iteration - run.first)
    at = dict(zip((p.iteration for p in points), hours(points), strict=True))
    return values(points, side, lambda point: at[point.iteration])


def hours(points: Sequence[Point]) -> list[float]:
    """Hours since the first point, without the breaks between jobs: a rest that is much longer than
    usual counts as a usual one."""
    rests = [max(b.time - a.time, 0.0) for a, b in pairwise(points)]
    usual = median(rests) if rests else 0.0
    found = [0.0] if points else []
    for rest in rests:
        found.append(found[-1] + (usual if rest > BREAK * usual else rest) / HOUR_S)
    return found


def differing(first: Run, second: Run) -> list[tuple[str, Any, Any]]:
    """(name, value of the first, of the second) of the settings in which they differ."""
    found = []
    for field in fields(TrainSettings):
        one, other = (run.settings.get(field.name, field.default) for run in (first, second))
        if one != other:
            found.append((field.name, one, other))
    return found
