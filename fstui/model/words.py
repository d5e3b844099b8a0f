"""Numbers in words that rooms and model share, beside those of `fstui.widgets.words`."""

from __future__ import annotations

import time

from fstui.i18n import tr
from fstui.widgets.words import count, duration, plural, rate, reached

__all__ = [
    "age",
    "count",
    "duration",
    "length",
    "loss",
    "moment",
    "plural",
    "rate",
    "reached",
    "size",
]

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 86400


def age(seconds: float) -> str:
    """`now`, `20 s ago`, `3 h 10 ago`; in steps, so that it seldom changes what is painted."""
    if seconds < 10:
        return tr("now")
    if seconds < MINUTE_S:
        return tr("{n} s ago").format(n=int(seconds) // 10 * 10)
    if seconds < HOUR_S:
        return tr("{n} min ago").format(n=int(seconds) // MINUTE_S)
    return tr("{time} ago").format(time=duration(seconds))


def moment(at: float, now: float) -> str:
    """`22:54` today, else the day: a clock's time, for an age would be painted ever anew."""
    then, today = time.localtime(at), time.localtime(now)
    same_day = then[:3] == today[:3]
    return time.strftime("%H:%M" if same_day else "%Y-%m-%d", then)


def size(number: float) -> str:
    """`1.4 GB`, in powers of ten as file managers show it."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def length(seconds: float | None) -> str:
    """How long a clip is: as a duration, below a second `0.48 s`."""
    if seconds is not None and 0 < seconds < 1:
        return tr("{n:.2g} s").format(n=seconds)
    return duration(seconds)


def loss(value: float | None) -> str:
    """A loss with four digits; what is no number is named."""
    if value is None:
        return "-"
    return "NaN" if value != value else f"{value:.4f}"
