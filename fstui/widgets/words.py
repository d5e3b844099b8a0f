"""Numbers and names as words for people: durations, rates, sizes, short names. No Textual."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from textwrap import wrap

from rich.cells import cell_len, set_cell_size

from engine.protocol import State, safe_text
from fstui.i18n import tr, tr_n
from fstui.widgets.plain import to_ascii

CLOSING = "\u3001\u3002\uff0c\uff1a\uff1b\uff01\uff1f\uff09\u300d\u300f\u300b\u201d"
"""Wide signs that can't begin a line."""
SIGNS: dict[State, tuple[str, str]] = {
    State.QUEUED: ("·", "."),
    State.WAITING: ("·", "."),
    State.STARTING: ("»", ">"),
    State.RUNNING: ("►", ">"),
    State.PAUSING: ("=", "="),
    State.PAUSED: ("=", "="),
    State.STOPPING: ("■", "#"),
    State.DONE: ("√", "+"),
    State.STOPPED: ("■", "#"),
    State.REFUSED: ("\u00d7", "x"),
    State.FAILED: ("\u00d7", "x"),
    State.CRASHED: ("!", "!"),
    State.INTERRUPTED: ("!", "!"),
}
"""A sign for each state, so that colour is never all there is: in Unicode and in ASCII."""


NOUNS = (
    "cut",
    "face",
    "file",
    "frame",
    "iteration",
    "line",
    "network",
    "picture",
    "result",
    "second",
    "set",
    "snapshot",
    "source",
)
"""What `plural` counts on a screen: the finder of texts makes both forms of each."""
UNITS = ("face", "frame", "it", "iteration", "second")
"""What a rate is of."""
_PLAIN = str.maketrans("{}", "()")
# A unit that a job's files name is no field of a text.


def sign(state: State, ascii_only: bool = False) -> str:
    """One column for a job's state."""
    return SIGNS[state][int(ascii_only)]


def duration(seconds: float | None) -> str:
    """`45 s`, `12 min`, `3 h 10`, `2 d 4 h`; a dash for what isn't known."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return "-"
    whole = round(seconds)
    if whole < 100:
        return tr("{n} s").format(n=whole)
    minutes = round(seconds / 60)
    if minutes < 100:
        return tr("{n} min").format(n=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return tr("{h} h {min:02d}").format(h=hours, min=minutes)
    return tr("{d} d {h} h").format(d=hours // 24, h=hours % 24)


def rate(value: float, unit: str) -> str:
    """`12.3 frame/s`; below one a second the other way round, `4.2 s/frame`."""
    if not math.isfinite(value) or value <= 0:
        return ""
    if value < 1:
        return tr("{n:.1f} s/{unit}").format(n=1 / value, unit=tr(unit))
    number = f"{value:.3g}" if value < 1000 else engineering(value)
    return tr("{n} {unit}/s").format(n=number, unit=tr(unit))


def count(number: float | None) -> str:
    """`41 200`: digits in groups of three, a dash for what isn't known."""
    return "-" if number is None else f"{int(number):,}".replace(",", " ")


def plural(number: int, noun: str) -> str:
    """`1 face`, `2 faces`, `no faces`."""
    noun = noun.translate(_PLAIN)
    none, one, many = f"no {noun}s", f"{{n}} {noun}", f"{{n}} {noun}s"
    return tr_n(one, many, number).format(n=count(number)) if number else tr(none)


def reached(done: int, total: int | None, noun: str) -> str:
    """`120 of 400 frames`, or `120 frames` where nobody knows of how many."""
    if not total:
        return plural(done, noun)
    return tr("{done} of {all}").format(done=count(done), all=plural(total, noun))


def engineering(value: float) -> str:
    """A number in at most six columns: `0`, `0.02`, `500e-6`, `1.5k`, `12M`."""
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    exponent = math.floor(math.log10(abs(value)) / 3 + 1e-9) * 3
    if 0.001 <= abs(value) < 1:
        return f"{value:.3g}"
    number = f"{value / 10.0**exponent:.3g}"
    suffix = {0: "", 3: "k", 6: "M", 9: "G", 12: "T"}.get(exponent)
    return f"{number}e{exponent}" if suffix is None else number + suffix


def shorten(text: str, width: int, ascii_only: bool = False) -> str:
    """A name from outside in at most `width` columns, cut in its middle.

    The end stays, because the number and the extension of a file stand there.
    """
    text = to_ascii(safe_text(text)) if ascii_only else safe_text(text)
    if cell_len(text) <= width:
        return text
    dots = "..." if ascii_only and width > 4 else ("~" if ascii_only else "…")
    room = width - len(dots)
    if room < 2:
        return set_cell_size(text, max(width, 0))
    tail = _last_cells(text, room - room // 3)
    return set_cell_size(text, room - cell_len(tail)).rstrip() + dots + tail


def clip(text: str, width: int, ascii_only: bool = False) -> str:
    """A sentence in at most `width` columns: its end is left out."""
    text = to_ascii(safe_text(text)) if ascii_only else safe_text(text)
    dots = "..." if ascii_only else "…"
    if cell_len(text) <= width:
        return text
    if width <= len(dots):
        return ""
    return set_cell_size(text, width - len(dots)).rstrip() + dots


def fit(text: str, width: int, *, right: bool = False, ascii_only: bool = False) -> str:
    """A name in exactly `width` columns, shortened or filled up."""
    short = shorten(text, width, ascii_only)
    gap = " " * (width - cell_len(short))
    return gap + short if right else short + gap


def fold(text: str, width: int) -> list[str]:
    """A text in lines of at most `width` columns: cut at blanks and between wide characters."""
    if cell_len(text) == len(text):
        return wrap(text, max(width, 1))
    lines = [""]
    for piece in _pieces(text, width):
        if cell_len(lines[-1] + piece) > width:
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return [line.rstrip() for line in lines if line.strip()]


def _pieces(text: str, width: int) -> Iterator[str]:
    """What stays together: blanks, narrow words, a wide character with the signs that close it."""
    for word in re.findall(r"\s+|\S+", text):
        if cell_len(word) == len(word) <= width:
            yield word
        else:
            yield from re.findall(rf".[{CLOSING}]*", word)


def _last_cells(text: str, width: int) -> str:
    start = len(text)
    used = 0
    while start > 0 and used + cell_len(text[start - 1]) <= width:
        start -= 1
        used += cell_len(text[start])
    return text[start:]
