"""Curves of a training for the chart, with trend and pace; reads `engine.history`."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from engine import history, sessions
from engine.history import Point
from engine.sessions import Mark
from fstui.i18n import tr
from fstui.widgets.window import Window

from . import words

MOST_POINTS = 1500
TREND_S = 1800.0
RATE_S = 60.0


class Curve(NamedTuple):
    """A training's history as the train room shows it."""

    points: list[Point]
    """At most a few thousand, the newest exact."""
    rate: float
    """Iterations a second over the last minute of training."""
    trend: str
    """`falling 1.8 % over the last 30 min`."""
    nan_since: int | None
    """The iteration since which a loss is no number."""
    window: Window = Window()
    seen: Sequence[Point] = ()
    """What the window shows, finer than `points` where it is narrow; empty where it shows all."""
    marks: tuple[Mark, ...] = ()
    """Saves, changes, roll-backs and beginnings of jobs."""

    @property
    def span(self) -> tuple[int, int]:
        """First and last iteration."""
        return self.points[0].iteration, self.points[-1].iteration


EMPTY = Curve([], 0.0, "", None)


class CurveReader:
    """Reads a training's history and diary on as they grow. Lives in the tail's thread."""

    def __init__(self, model: Path) -> None:
        self._model, self._folder = model, model / "history"
        self._points: list[Point] = []
        self._records = -1
        self._marks: tuple[Mark, ...] = ()
        self._diary = sessions.BEGINNING
        """How far it was read."""
        self._told = Window()
        self.window = Window()
        """What is to be seen; any thread may set it."""

    def read(self) -> Curve | None:
        """The curve if it changed since the last call, or another part of it is to be seen."""
        window, records = self.window, history.records(self._folder)
        marked = self._read_marks()
        if records == self._records and window == self._told and not marked:
            return None
        if records != self._records:
            self._read_points(records)
        self._told = window
        curve = curve_of(self._points)._replace(window=window, marks=self._marks)
        return curve._replace(seen=self._part(curve, window)) if curve.points else curve

    def _read_points(self, records: int) -> None:
        """Level 0 is read on record by record until there are too many points for a chart."""
        grown = records - self._records
        if grown > 0 and self._records > 0 and len(self._points) + grown <= 2 * MOST_POINTS:
            self._points += history.read_level(self._folder, 0, self._records, grown)
        else:
            self._points = history.read_range(self._folder, MOST_POINTS)
        self._records = records

    def _part(self, curve: Curve, window: Window) -> list[Point]:
        if window.width is None:
            return []
        return history.read_range(self._folder, MOST_POINTS, *window.bounds(*curve.span))

    def _read_marks(self) -> bool:
        """Whether there are others; those of a model that was begun anew since, and its points, are
        forgotten."""
        before, (new, self._diary) = self._diary, sessions.marks_from(self._model, self._diary)
        other = before.file not in (0, self._diary.file)
        if other:
            self._marks, self._points, self._records = (), [], -1
        self._marks += tuple(new)
        return other or bool(new)


def curve_of(points: list[Point]) -> Curve:
    """What the train room shows of history records."""
    if not points:
        return EMPTY
    return Curve(list(points), recent_rate(points), trend(points), nan_since(points))


def recent_rate(points: list[Point]) -> float:
    """Mean iterations a second over the last minute that has records of level 0."""
    last = points[-1].time
    rates = [p.rate for p in points if p.rate > 0 and last - p.time <= RATE_S]
    return sum(rates) / len(rates) if rates else 0.0


def trend(points: list[Point], window_s: float = TREND_S) -> str:
    """How the mean of both losses moved over the last half hour, or over all if that is shorter.

    The first and the last fifth of the window are compared, so that noise counts little.
    """
    last = points[-1].time
    mine = [p for p in points if last - p.time <= window_s]
    mine = [p for p in mine if math.isfinite(p.loss_a) and math.isfinite(p.loss_b)]
    fifth = len(mine) // 5
    if fifth < 2:
        return ""
    before = sum(p.loss_a + p.loss_b for p in mine[:fifth]) / fifth
    after = sum(p.loss_a + p.loss_b for p in mine[-fifth:]) / fifth
    if before <= 0:
        return ""
    change = (after - before) / before * 100
    time = words.duration(round_s(last - mine[0].time))
    if abs(change) < 0.5:
        return tr("level over the last {time}").format(time=time)
    falling = tr("falling {n:.1f} % over the last {time}")
    moved = falling if change < 0 else tr("rising {n:.1f} % over the last {time}")
    return moved.format(n=abs(change), time=time)


def round_s(seconds: float) -> float:
    """A duration in steps in which its words seldom change: 10 s, then minutes."""
    return seconds // 10 * 10 if seconds < 60 else seconds // 60 * 60


def nan_since(points: list[Point]) -> int | None:
    """First iteration of the run of records at the end whose loss is no finite number."""
    since = None
    for point in reversed(points):
        if math.isfinite(point.loss_a) and math.isfinite(point.loss_b):
            break
        since = point.iteration
    return since


def pace(iteration: int | None, aim: int, rate: float, now: float | None = None) -> str:
    """`3 h 10 min to 100 000 (about 14:20)`; empty when it isn't known."""
    if not iteration or rate <= 0 or aim <= iteration:
        return ""
    return told_until((aim - iteration) / rate, aim, now)


def told_until(left_s: float, aim: int, now: float | None = None) -> str:
    """`3 h 10 to 100 000 (about 14:20)`."""
    told = tr("{time} to {n}").format(time=words.duration(left_s), n=words.count(aim))
    return told + clock(left_s, now)


def clock(left_s: float, now: float | None = None) -> str:
    """` (about 14:20)` for ends within a day, in steps of ten minutes."""
    if not 600 < left_s < words.DAY_S:
        return ""
    at = time.localtime(((now or time.time()) + left_s) // 600 * 600)
    return tr(" (about {time})").format(time=f"{at.tm_hour:02d}:{at.tm_min:02d}")
