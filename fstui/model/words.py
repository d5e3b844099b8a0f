"""Numbers in words that rooms and model share, beside those of `fstui.widgets.words`."""

from __future__ import annotations

import time

from fstui.widgets.words import duration, rate

__all__ = ["age", "count", "duration", "loss", "moment", "plural", "rate", "size"]

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 86400


def age(seconds: float) -> str:
    """`now`, `20 s ago`, `3 h 10 ago`; in steps, so that it seldom changes what is painted."""
    if seconds < 10:
        return "now"
    if seconds < MINUTE_S:
        return f"{int(seconds) // 10 * 10} s ago"
    if seconds < HOUR_S:
        return f"{int(seconds) // MINUTE_S} min ago"
    return f"{duration(seconds)} ago"


def moment(at: float, now: float) -> str:
    """`22:54` today, else the day: a clock's time, for an age would be painted ever anew."""
    then, today = time.localtime(at), time.localtime(now)
    same_day = then[:3] == today[:3]
    return time.strftime("%H:%M" if same_day else "%Y-%m-%d", then)


def count(number: float | None) -> str:
    """`41 200`: digits in groups of three, a dash for what isn't known."""
    return "-" if number is None else f"{int(number):,}".replace(",", " ")


def plural(number: int, word: str) -> str:
    """`1 face`, `2 faces`, `no faces`."""
    return f"{count(number) if number else 'no'} {word}{'' if number == 1 else 's'}"


def size(number: float) -> str:
    """`1.4 GB`, in powers of ten as file managers show it."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def loss(value: float | None) -> str:
    """A loss with four digits; what is no number is named."""
    if value is None:
        return "-"
    return "NaN" if value != value else f"{value:.4f}"
