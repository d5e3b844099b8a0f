"""From history points to dots of a chart: one bin a dot column, raw and smoothed. No Textual."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

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


def curves(points: Sequence[Point], x_axis: Axis, width: int) -> Curves:
    """Bin points into `width` dot columns of `x_axis`."""
    columns = [_column(p.iteration, x_axis, width) for p in points]
    weights = _weights(points)
    found = Curves(
        _curve([(p.loss_a, p.low_a, p.high_a) for p in points], columns, weights, width),
        _curve([(p.loss_b, p.low_b, p.high_b) for p in points], columns, weights, width),
    )
    for point, column in zip(points, columns, strict=True):
        if not (math.isfinite(point.loss_a) and math.isfinite(point.loss_b)):
            found.bad.add(column)
    return found


def _column(iteration: float, axis: Axis, width: int) -> int:
    return min(int(axis.place(iteration) * width), width - 1)


def _weights(points: Sequence[Point]) -> list[float]:
    """Iterations that each point stands for: points of coarse levels are means over many."""
    its = [p.iteration for p in points]
    gaps = [float(max(b - a, 1)) for a, b in pairwise(its)]
    return [gaps[0] if gaps else 1.0, *gaps]


def _curve(
    values: list[tuple[float, float, float]],
    columns: list[int],
    weights: list[float],
    width: int,
) -> Curve:
    total = [0.0] * width
    weight = [0.0] * width
    low = [math.inf] * width
    high = [-math.inf] * width
    for (value, least, most), x, w in zip(values, columns, weights, strict=True):
        if x < 0 or not math.isfinite(value):
            continue
        total[x] += value * w
        weight[x] += w
        low[x] = min(low[x], least)
        high[x] = max(high[x], most)
    mean = [t / w if w else math.nan for t, w in zip(total, weight, strict=True)]
    last = values[-1][0] if values else math.nan
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
