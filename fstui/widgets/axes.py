"""Axes of a chart that stay still: ranges with headroom, kept while the data is inside them."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace

from fstui.widgets.words import engineering

STEPS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86400
CLOCK_STEPS_S = (
    *(1, 5, 15, MINUTE_S, 5 * MINUTE_S, 15 * MINUTE_S),
    *(HOUR_S, 3 * HOUR_S, 6 * HOUR_S, 12 * HOUR_S),
    *(DAY_S, 2 * DAY_S, 7 * DAY_S, 30 * DAY_S, 90 * DAY_S, 365 * DAY_S),
)
MOST_TICKS = 100
"""More are not even looked at."""


@dataclass(frozen=True)
class Axis:
    """A range of values mapped to dots."""

    low: float
    high: float
    log: bool = False
    clock: bool = False
    """Whether the values are UNIX times, labelled in local time."""

    def place(self, value: float) -> float:
        """0.0 at the low end, 1.0 at the high end; values outside go beyond."""
        if self.log:
            if value <= 0:
                return -math.inf
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self, most: int) -> list[float]:
        """At most `most` round values inside the range."""
        found: list[float] = []
        for candidates in self._choices():
            inside = [v for v in candidates if self._holds(v)]
            if len(inside) <= max(most, 1):
                return inside
            found = inside
        return found[:: max(1, len(found) // max(most, 1))][:most]

    def _holds(self, value: float) -> bool:
        room = 1e-9 * abs(value)
        return self.low <= value + room and value - room <= self.high

    def label(self, value: float) -> str:
        """A value as it stands beside a tick."""
        if not self.clock:
            return engineering(value)
        at, span = time.localtime(value), self.high - self.low
        if span < 10 * MINUTE_S:
            return time.strftime("%H:%M:%S", at)
        midnight = at.tm_hour == at.tm_min == 0
        return time.strftime("%m-%d" if midnight and span > DAY_S else "%H:%M", at)

    def _choices(self) -> list[list[float]]:
        if self.clock:
            return self._times()
        if self.log:
            first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
            decades = range(first, last + 1)
            return [
                [d * 10.0**e for e in decades for d in digits]
                for digits in ((1, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,))
            ] + [[10.0**e for e in decades[::2]]]
        span = self.high - self.low
        base = 10.0 ** math.floor(math.log10(span))
        sizes = [base * f for f in (0.1, 0.2, 0.25, 0.5, 1, 2, 5)]
        return [
            [
                n * s
                for n in range(math.ceil(self.low / s - 1e-9), math.floor(self.high / s + 1e-9) + 1)
            ]
            for s in sizes
        ]

    def _times(self) -> list[list[float]]:
        """Round local times, the finest first."""
        offset = time.localtime(self.low).tm_gmtoff
        first, last = self.low + offset, self.high + offset
        steps = [s for s in CLOCK_STEPS_S if (last - first) / s <= MOST_TICKS]
        return [
            [n * s - offset for n in range(math.ceil(first / s), math.floor(last / s) + 1)]
            for s in steps or CLOCK_STEPS_S[-1:]
        ]


def value_axis(low: float, high: float, log: bool, before: Axis | None) -> Axis:
    """An axis for values from `low` to `high`; the one before when it still fits well."""
    new = _log_range(low, high) if log else _linear_range(low, high)
    if before is None or before.log != log or low < before.low or high > before.high:
        return new
    used = before.place(min(high, new.high)) - before.place(max(low, new.low))
    return before if used >= 0.5 else new


def _log_range(low: float, high: float) -> Axis:
    low = max(low, 1e-12)
    high = max(high, low * 1.5)
    return Axis(_round(low / 1.1, up=False), _round(high * 1.1, up=True), log=True)


def _linear_range(low: float, high: float) -> Axis:
    if low >= 0:
        low = 0.0
    span = max(high - low, abs(high) * 0.1, 1e-9)
    top = _round(low + span * 1.08, up=True) if low == 0 else high + span * 0.1
    return Axis(low if low == 0 else low - span * 0.1, top)


def _round(value: float, *, up: bool) -> float:
    """The next value of `STEPS` times a power of ten."""
    base = 10.0 ** math.floor(math.log10(value))
    steps = [s * base for s in STEPS]
    if up:
        return next(s for s in steps if s >= value * (1 - 1e-9))
    return next(s for s in reversed(steps) if s <= value * (1 + 1e-9))


def clock_axis(first: float, last: float, dots: int, before: Axis | None) -> Axis:
    """As `step_axis`, of UNIX times."""
    return replace(step_axis(first, last, dots, before), clock=True)


def step_axis(
    first: float, last: float, dots: int, before: Axis | None, least: float = 1.0
) -> Axis:
    """An axis over `dots` dots of a round width each, at least `least`, so that dots keep their
    bounds.

    The one before is kept while the data fills more than half of it.
    """
    span = max(last - first, least)
    if (
        before is not None
        and before.low <= first
        and last <= before.high
        and first - before.low <= 0.1 * (before.high - before.low)
        and span > 0.5 * (before.high - before.low)
    ):
        return before
    per_dot = max(_round(span / max(dots - 1, 1), up=True), least)
    low = math.floor(first / per_dot) * per_dot
    while low + per_dot * dots < last:
        per_dot = _round(per_dot * 1.01, up=True)
        low = math.floor(first / per_dot) * per_dot
    return Axis(low, low + per_dot * dots)
