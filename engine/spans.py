"""Stretches of frames and times as they are typed: `1-250,300-`, `0:10-0:25.5`. Light."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from engine.errors import BadInput
from engine.protocol import safe_text
from engine.settings import listed

ROUNDING_S = 0.0005
"""A typed time means the frame that begins within half a millisecond of it."""


class Span(NamedTuple):
    """Frame indices from 0, half open; without an end it goes to the medium's end."""

    start: int
    stop: int | None


def frame_spans(text: str) -> list[Span]:
    """`1-250,300-`, counted from 1 and inclusive, as spans; everything for an empty text.

    Raises `BadInput`.
    """
    spans = []
    for item in listed(text):
        match = re.fullmatch(r"(\d{1,9})\s*(?:(-)\s*(\d{1,9})?)?", item, re.ASCII)
        first = int(match[1]) if match else 0
        last = int(match[3] or 0) if match and match[2] else first
        if first < 1 or (last and last < first) or (match and match[3] and not last):
            raise BadInput(
                f"The setting frames can't have '{safe_text(item)}': give frames from 1 on, as in "
                "1-250,300-."
            )
        spans.append(Span(first - 1, last or None))
    if not spans and text.strip():
        raise BadInput("The setting frames names no frame: give some, as in 1-250,300-.")
    return united(spans or [Span(0, None)])


def time_spans(text: str) -> list[tuple[float, float | None]]:
    """`0:10-0:25.5,1:02-` as seconds from and to; hours, minutes and plain seconds are taken.

    Raises `BadInput`.
    """
    spans: list[tuple[float, float | None]] = []
    for item in listed(text):
        begin, dash, end = (part.strip() for part in item.partition("-"))
        first = _seconds(begin)
        last = _seconds(end) if end else None
        if first is None or not dash or (end and (last is None or last < first)):
            raise BadInput(
                f"The setting times can't have '{safe_text(item)}': give times from and to, as in "
                "0:10-0:25.5,1:02-."
            )
        spans.append((first, last))
    if not spans and text.strip():
        raise BadInput("The setting times names no time: give some, as in 0:10-0:25.5,1:02-.")
    return spans


def _seconds(text: str) -> float | None:
    """`h:mm:ss.s`, `m:ss.s` or `s.s` in seconds; None if it is none of them."""
    match = re.fullmatch(
        r"(?:(?:(\d{1,4}):(?=\d{1,2}:))?(\d{1,4}):)?(\d{1,6}(?:\.\d{1,6})?)", text, re.ASCII
    )
    if not match:
        return None
    hours, minutes, seconds = int(match[1] or 0), int(match[2] or 0), float(match[3])
    if (match[1] and minutes >= 60) or (match[2] and seconds >= 60):
        return None
    return hours * 3600 + minutes * 60 + seconds


def united(spans: Iterable[Span]) -> list[Span]:
    """In order, those that overlap or touch made one, empty ones left out."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        if span.stop is not None and span.stop <= span.start:
            continue
        before = joined[-1] if joined else None
        if before is None or (before.stop is not None and before.stop < span.start):
            joined.append(span)
        elif before.stop is not None:
            stop = None if span.stop is None else max(before.stop, span.stop)
            joined[-1] = Span(before.start, stop)
    return joined


def both(one: Iterable[Span], other: Sequence[Span]) -> list[Span]:
    """What lies in both."""
    shared = []
    for a in one:
        for b in other:
            stops = [s for s in (a.stop, b.stop) if s is not None]
            shared.append(Span(max(a.start, b.start), min(stops) if stops else None))
    return united(shared)


def without(spans: Iterable[Span], hole: Span) -> list[Span]:
    """The spans with a bounded hole in them."""
    left = []
    for start, stop in spans:
        end = hole.start if stop is None else min(stop, hole.start)
        left.append(Span(start, max(start, end)))
        if hole.stop is not None and (stop is None or hole.stop < stop):
            left.append(Span(max(start, hole.stop), stop))
    return united(left)


def nth(spans: Iterable[tuple[int, int]], index: int) -> int:
    """The frame that lies so many frames, from 0, into bounded spans; without spans itself."""
    left = index
    for start, stop in spans:
        if left < stop - start:
            return start + left
        left -= stop - start
    return index


def typed(spans: Iterable[Span]) -> str:
    """Spans as the setting frames has them; the other way round than `frame_spans`."""
    return ",".join(_typed(span) for span in spans)


def _typed(span: Span) -> str:
    if span.stop is None:
        return f"{span.start + 1}-"
    return f"{span.start + 1}" if span.stop == span.start + 1 else f"{span.start + 1}-{span.stop}"
