"""The lines of the log's room: events and output as rows, and the search among them."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

from engine.eventlog import Event
from fstui.i18n import tr, tr_n
from fstui.model.eventwords import event_words
from fstui.rooms.lines import Line
from fstui.widgets.filter import matches
from fstui.widgets.rows import Cell, Row, Tone

Entry = TypeVar("Entry")
TONES: dict[str, Tone] = {"warn": "warn", "save": "good", "start": "accent", "step": "accent"}


class LogRows(Sequence[Row], Generic[Entry]):
    """What a growing log has of its end, as rows numbered from its beginning; a row is made when
    it is looked at."""

    def __init__(
        self, entries: Iterable[Entry], dropped: int, cells: Callable[[Entry], tuple[Cell, ...]]
    ) -> None:
        # Of its own: the log goes on and lets go while this is shown, or held still.
        self._entries = tuple(entries)
        self.dropped = dropped
        """How many were let go before the first."""
        self._cells = cells

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def end(self) -> int:
        """The number behind the last."""
        return self.dropped + len(self)

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...

    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        number = range(self.dropped, self.end)[index]
        return Row(str(number), self._cells(self._entries[index]))

    def __iter__(self) -> Iterator[Row]:
        return (self[i] for i in range(len(self)))

    def index_of(self, key: str) -> int | None:
        """The place of a number."""
        at = int(key) - self.dropped
        return at if 0 <= at < len(self) else None


def log_rows(lines: Sequence[str], dropped: int) -> LogRows[str]:
    """Lines of output."""
    return LogRows(lines, dropped, lambda line: (line,))


def event_rows(events: Iterable[Event], dropped: int) -> LogRows[Event]:
    """What happened: time and sentence."""
    return LogRows(events, dropped, event_cells)


NO_ROWS = log_rows((), 0)


class Search:
    """Which lines of a growing text have some words; each line is looked at once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._numbers: list[int] = []
        """Numbers from the text's beginning."""
        self._next = 0

    def among(self, rows: LogRows[Any]) -> list[int]:
        """Places of the rows that match."""
        del self._numbers[: bisect_left(self._numbers, rows.dropped)]
        # The last line may have changed since: a run of noise that is folded into it grows.
        first = max(self._next - 1, rows.dropped)
        del self._numbers[bisect_left(self._numbers, first) :]
        self._next = rows.end
        for number in range(first, self._next):
            if matches(self.text, row_text(rows[number - rows.dropped])):
                self._numbers.append(number)
        return [number - rows.dropped for number in self._numbers]


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


def event_cells(event: Event) -> tuple[Cell, ...]:
    """One event: time and sentence."""
    clock = time.strftime("%H:%M:%S", time.localtime(event.t))
    tone = TONES.get(event.k, "")
    if event.k in ("end", "step-end") and event.data.get("exit"):
        tone = "bad"
    return clock, (event_words(event), tone)


def row_text(row: Row) -> str:
    """A row's cells without their tones."""
    return " ".join(cell if isinstance(cell, str) else cell[0] for cell in row.cells)
