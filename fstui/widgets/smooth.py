"""Smoothing of a series for a chart: causal, so a new value never moves the curve behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median


def ema(values: Sequence[float], span: float) -> list[float]:
    """Exponential moving average without the pull of its start; NaN stays and is stepped over.

    `span` is in values: each weighs 2 / (span + 1). The start is corrected as in Adam's moments
    (Kingma and Ba, 2015, section 3).
    """
    alpha = 2.0 / (max(span, 1.0) + 1.0)
    total = 0.0
    weight = 0.0
    out: list[float] = []
    for value in values:
        if not math.isfinite(value):
            out.append(math.nan)
            continue
        total += alpha * (value - total)
        weight += alpha * (1.0 - weight)
        out.append(total / weight)
    return out


def median_filter(values: Sequence[float], window: int) -> list[float]:
    """Median of each value and the `window - 1` before it: takes single spikes away, keeps NaN."""
    out: list[float] = []
    for i, value in enumerate(values):
        recent = [v for v in values[max(0, i - window + 1) : i + 1] if math.isfinite(v)]
        out.append(median(recent) if math.isfinite(value) else math.nan)
    return out


def smooth(values: Sequence[float], span: float) -> list[float]:
    """What the chart draws bright: a median of three against spikes, then the average."""
    return ema(median_filter(values, 3), span)
