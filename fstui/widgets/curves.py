"""From history points to dots of a chart: one bin a dot column, raw and smoothed. No Textual."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from engine.history import Point
from fstui.widgets.axes import Axis
from fstui.widgets.smooth import smooth

SPAN = 1 / 16
"""Span of the smoothing as a share of the chart's width."""


@dataclass
class Curve:
    """One side's loss by dot column; NaN where there is none."""

    mean: list[float]
    low: list[float]
    high: list[float]
    smooth: list[float]
    last: float = math.nan
    """The newest value exactly as the engine wrote it."""


@dataclass
class Curves:
    """What the chart draws."""

    a: Curve
    b: Curve
    bad: set[int] = field(default_factory=set)
    """Dot columns with a loss that is no number."""


Place = Callable[[Point], float]
"""Where on the x axis a point is."""


def by_iteration(point: Point) -> float:
    """Iterations as the x axis."""
    return point.iteration


def by_time(point: Point) -> float:
    """UNIX time as the x axis."""
    return point.time


class Value(NamedTuple):
    """One loss on the way of a curve."""

    at: float
    weight: float
    mean: float
    low: float
    high: float


def values(points: Sequence[Point], side: str, place: Place = by_iteration) -> list[Value]:
    """The losses of side "a" or "b"."""
    found = zip(points, _weights(points), strict=True)
    if side == "a":
        return [Value(place(p), w, p.loss_a, p.low_a, p.high_a) for p, w in found]
    return [Value(place(p), w, p.loss_b, p.low_b, p.high_b) for p, w in found]


def curves(points: Sequence[Point], x_axis: Axis, width: int) -> Curves:
    """Bin points into `width` dot columns of `x_axis`, by their iterations."""
    return pair(values(points, "a"), values(points, "b"), x_axis, width)


def pair(a: Sequence[Value], b: Sequence[Value], x_axis: Axis, width: int) -> Curves:
    """Bin two curves into `width` dot columns of `x_axis`."""
    found = Curves(_curve(a, x_axis, width), _curve(b, x_axis, width))
    for value in (*a, *b):
        if not math.isfinite(value.mean):
            found.bad.add(_column(value.at, x_axis, width))
    return found


def _column(at: float, axis: Axis, width: int) -> int:
    return min(int(axis.place(at) * width), width - 1)


def _weights(points: Sequence[Point]) -> list[float]:
    """Iterations that each point stands for: points of coarse levels are means over many."""
    its = [p.iteration for p in points]
    gaps = [float(max(b - a, 1)) for a, b in pairwise(its)]
    return [gaps[0] if gaps else 1.0, *gaps][: len(points)]


def _curve(values: Sequence[Value], axis: Axis, width: int) -> Curve:
    total = [0.0] * width
    weight = [0.0] * width
    low = [math.inf] * width
    high = [-math.inf] * width
    for value in values:
        x = _column(value.at, axis, width)
        if x < 0 or not math.isfinite(value.mean):
            continue
        total[x] += value.mean * value.weight
        weight[x] += value.weight
        low[x] = min(low[x], value.low)
        high[x] = max(high[x], value.high)
    mean = [t / w if w else math.nan for t, w in zip(total, weight, strict=True)]
    last = values[-1].mean if values else math.nan
    return Curve(mean, low, high, smooth(mean, _span(mean)), last)


def _span(mean: Sequence[float]) -> float:
    """Span of the smoothing in filled columns.

    A power of two: a span that grew a little with each new point would redraw the whole curve.
    """
    filled = [x for x, v in enumerate(mean) if math.isfinite(v)]
    if len(filled) < 2:
        return 1.0
    density = len(filled) / (filled[-1] - filled[0] + 1)
    return float(2.0 ** max(0, round(math.log2(len(mean) * SPAN * density))))


def extent(found: Curves) -> tuple[float, float] | None:
    """Lowest and highest value to show, None without any; zero and below have no place on a log."""
    lows = [v for c in (found.a, found.b) for v in c.low if math.isfinite(v)]
    highs = [v for c in (found.a, found.b) for v in c.high if math.isfinite(v)]
    return (min(lows), max(highs)) if lows else None
