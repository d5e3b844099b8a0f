"""The lines of the log's room: events and output as rows, and the search among them."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import overload

from engine.eventlog import Event
from fstui.i18n import tr, tr_n
from fstui.model.eventwords import event_words
from fstui.rooms.lines import Line
from fstui.widgets.filter import matches
from fstui.widgets.rows import Row, Tone

TONES: dict[str, Tone] = {"warn": "warn", "save": "good", "start": "accent", "step": "accent"}


class LogRows(Sequence[Row]):
    """Lines as rows, numbered from the log's beginning; a row is made when it is looked at."""

    def __init__(self, lines: Sequence[str], dropped: int) -> None:
        self._lines, self._dropped = lines, dropped
        self._count = len(lines)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...

    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._count))]
        if not -self._count <= index < self._count:
            raise IndexError(index)
        index %= self._count
        return Row(str(index + self._dropped), (self._lines[index],))

    def __iter__(self) -> Iterator[Row]:
        return (self[i] for i in range(self._count))

    def index_of(self, key: str) -> int | None:
        """The place of a line's number."""
        at = int(key) - self._dropped
        return at if 0 <= at < self._count else None


class Search:
    """Which lines of a growing text have some words; each line is looked at once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._numbers: list[int] = []
        """Numbers from the text's beginning."""
        self._next = 0

    def among(self, lines: Sequence[str], dropped: int) -> list[int]:
        """Places of the lines that match; `dropped` lines before the first were let go."""
        del self._numbers[: bisect_left(self._numbers, dropped)]
        # The last line may have changed since: a run of noise that is folded into it grows.
        first = max(self._next - 1, dropped)
        del self._numbers[bisect_left(self._numbers, first) :]
        self._next = dropped + len(lines)
        for number in range(first, self._next):
            if matches(self.text, lines[number - dropped]):
                self._numbers.append(number)
        return [number - dropped for number in self._numbers]


def next_match(found: Sequence[int], at: int, by: int) -> int | None:
    """The nearest match behind a place (`by` 1) or before it (-1), round the end."""
    if not found:
        return None
    if by > 0:
        place = bisect_left(found, at + 1)
        return found[place % len(found)]
    return found[bisect_left(found, at) - 1]


def follow_line(new: int | None, raw: bool) -> Line:
    """Whether the output follows, and how to make it; `new` lines came since it didn't, None
    where it does."""
    folded = tr("raw") if raw else tr("noise folded")
    if new is None:
        return [(tr("following the end, {folded}").format(folded=folded), "muted")]
    if not new:
        return [(tr("not following - G, {folded}").format(folded=folded), "muted")]
    told = tr_n("{n} new line - G, {folded}", "{n} new lines - G, {folded}", new)
    return [(told.format(n=new, folded=folded), "accent")]


def event_row(number: int, event: Event) -> Row:
    """One event: time and sentence."""
    clock = time.strftime("%H:%M:%S", time.localtime(event.t))
    tone = TONES.get(event.k, "")
    if event.k in ("end", "step-end") and event.data.get("exit"):
        tone = "bad"
    return Row(f"{event.t:.6f} {event.k} {number}", (clock, (event_words(event), tone)))


def row_text(row: Row) -> str:
    """A row's cells without their tones."""
    return " ".join(cell if isinstance(cell, str) else cell[0] for cell in row.cells)
