"""Numbers in words: durations, ages, counts, rates. No file is read here."""

from __future__ import annotations

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 86400


def duration(seconds: float | None) -> str:
    """`45 s`, `12 min`, `3 h 10 min`, `2 d 4 h`; a dash for what isn't known."""
    if seconds is None or seconds != seconds or seconds == float("inf"):
        return "-"
    s = max(0, round(seconds))
    if s < MINUTE_S:
        return f"{s} s"
    if s < 10 * MINUTE_S:
        return f"{s // MINUTE_S} min {s % MINUTE_S} s" if s % MINUTE_S else f"{s // MINUTE_S} min"
    if s < HOUR_S:
        return f"{s // MINUTE_S} min"
    if s < DAY_S:
        return f"{s // HOUR_S} h {s % HOUR_S // MINUTE_S} min"
    return f"{s // DAY_S} d {s % DAY_S // HOUR_S} h"


def age(seconds: float) -> str:
    """`now`, `12 s ago`, `3 h 10 min ago`; in steps of ten seconds so that it seldom changes."""
    if seconds < 5:
        return "now"
    if seconds < MINUTE_S:
        return f"{max(5, int(seconds) // 10 * 10)} s ago"
    if seconds < HOUR_S:
        return f"{int(seconds) // MINUTE_S} min ago"
    return f"{duration(seconds)} ago"


def count(number: float | None) -> str:
    """`41 200`: digits in groups of three, a dash for what isn't known."""
    return "-" if number is None else f"{int(number):,}".replace(",", " ")


def plural(number: int, word: str) -> str:
    """`1 face`, `2 faces`, `no faces`."""
    shown = count(number) if number else "no"
    return f"{shown} {word}" if number == 1 or word == "media" else f"{shown} {word}s"


def rate(per_s: float, unit: str) -> str:
    """`3.4 it/s`, `120 frames/s`; by the minute where a second is too short to count in."""
    if per_s <= 0:
        return ""
    if per_s < 0.5:
        return f"{per_s * 60:.1f} {unit}/min"
    return f"{per_s:.1f} {unit}/s" if per_s < 100 else f"{per_s:.0f} {unit}/s"


def size(number: float) -> str:
    """`1.4 GB`, in powers of ten as file managers show it."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def loss(value: float | None) -> str:
    """A loss with four significant digits; `NaN` is named."""
    if value is None:
        return "-"
    return "NaN" if value != value else f"{value:.4g}"


def middle(text: str, width: int) -> str:
    """Shorten a long name in its middle, so that its number and suffix stay."""
    if len(text) <= width:
        return text
    if width < 4:
        return text[:width]
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[-tail:]}"
