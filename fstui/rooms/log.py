"""The log room: what happened (events) above what the engine printed (engine.log)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, overload

from textual.widget import Widget

from engine.eventlog import Event
from fstui import keymap
from fstui.model.eventwords import event_words
from fstui.model.jobview import JobView
from fstui.rooms.lines import Line, Lines, Listing
from fstui.rooms.room import Room
from fstui.widgets.filter import Filter, matches
from fstui.widgets.rows import Column, Row, Rows, Tone

EVENT_COLUMNS = (Column("Time", 8), Column("What happened", least=20))
LOG_COLUMNS = (Column("Output", least=20),)
EMPTY = {"#events": "No job yet: nothing happened.", "#output": "The engine printed nothing."}
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


class Log(Room):
    """Events and output of one job; `[` and `]` turn to another."""

    room = "log"
    panes = ("#output", "#events")
    BINDINGS: ClassVar[list[Any]] = keymap.bindings("raw", "earlier", "later", "filter")

    def __init__(self) -> None:
        super().__init__()
        self._chosen = ""
        """Name of the job that was turned to; empty: the newest."""

    def body(self) -> Iterable[Widget]:
        """Which job, its events, its output."""
        yield Lines(id="which")
        yield Listing(EVENT_COLUMNS, empty=EMPTY["#events"], id="events")
        yield Listing(LOG_COLUMNS, empty=EMPTY["#output"], id="output")
        yield Lines(id="follow")
        yield Filter(placeholder="words that a line must have")

    @property
    def job(self) -> JobView | None:
        """The job that was turned to."""
        for view in self.studio.session.jobs.values():
            if view.folder.name == self._chosen:
                return view
        return self.studio.session.newest()

    def show(self) -> None:
        """New lines; a list that stood at its end follows them."""
        job = self.job
        if job is None:
            for pane in self.query(Rows):
                pane.show([], empty=EMPTY[f"#{pane.id}"])
            for name in ("#which", "#follow"):
                self.query_one(name, Lines).show([])
            return
        name = f"{job.folder.name}  "
        self.query_one("#which", Lines).show([[(name, "accent"), job.words()]])
        text = self.query_one(Filter).text
        self._put("#events", [event_row(i, e) for i, e in enumerate(job.events)], text)
        log, raw = job.log, self.studio.session.view.raw_log
        lines = log.raw if raw else log.folded
        dropped = log.raw_dropped if raw else log.folded_dropped
        behind = self._put("#output", LogRows(lines, dropped), text)
        self.query_one("#follow", Lines).show([follow_line(behind, raw)])

    def _put(self, name: str, rows: Sequence[Row], text: str) -> int:
        """Show rows that match; how many lines are below the cursor when not following."""
        pane = self.query_one(name, Rows)
        pane.empty = "No line matches: esc clears the filter." if text else EMPTY[name]
        if text:
            kept = [r for r in rows if matches(text, " ".join(cell_text(c) for c in r.cells))]
            rows, total = kept, len(rows)
            if name == "#output":
                self.query_one(Filter).count(len(kept), total)
        following = pane.index >= len(pane) - 1
        pane.show(rows)
        if following:
            pane.move_to(len(rows) - 1)
        return 0 if following else len(rows) - 1 - pane.index

    def on_rows_moved(self) -> None:
        """Scrolling up ends following, coming back to the end begins it again."""
        self.show()

    # --- keys ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Another job must be there to turn to; nothing is started from here."""
        if action in ("earlier", "later"):
            return len({v.folder.name for v in self.studio.session.jobs.values()}) > 1
        if action == "start":
            return False
        return super().check_action(action, parameters)

    def words_for(self, action: str) -> str:
        """Here the brackets turn to other jobs."""
        if action == "earlier":
            return "jobs"
        if action == "raw":
            return "fold noise" if self.studio.session.view.raw_log else "raw log"
        return super().words_for(action)

    def action_raw(self) -> None:
        """Show or fold TensorFlow's own lines."""
        view = self.studio.session.view
        view.raw_log = not view.raw_log
        self._to_end()

    def action_earlier(self) -> None:
        """The job before."""
        self._turn(-1)

    def action_later(self) -> None:
        """The job after."""
        self._turn(1)

    def _turn(self, by: int) -> None:
        names = sorted({v.folder.name for v in self.studio.session.jobs.values()})
        job = self.job
        if job is not None and names:
            at = max(0, min(names.index(job.folder.name) + by, len(names) - 1))
            self._chosen = names[at]
            self._to_end()

    def _to_end(self) -> None:
        for pane in self.query(Rows):
            pane.show([])
        self.news()

    def action_filter(self) -> None:
        """Show only lines with some words."""
        self.query_one(Filter).open()

    def on_filter_changed(self) -> None:
        """Each key filters."""
        self.show()

    def on_filter_left(self) -> None:
        """Back to the lines."""
        self.query_one("#output", Rows).focus()
        self.show()


def cell_text(cell: object) -> str:
    """A cell without its tone."""
    return cell[0] if isinstance(cell, tuple) else str(cell)


def follow_line(behind: int, raw: bool) -> Line:
    """Whether the output follows, and how to make it."""
    folded = "raw" if raw else "noise folded"
    if behind <= 0:
        return [(f"following the end, {folded}", "muted")]
    return [(f"{behind} lines below: G follows again, {folded}", "accent")]


def event_row(number: int, event: Event) -> Row:
    """One event: time and sentence."""
    clock = time.strftime("%H:%M:%S", time.localtime(event.t))
    tone = TONES.get(event.k, "")
    if event.k in ("end", "step-end") and event.data.get("exit"):
        tone = "bad"
    return Row(f"{event.t:.6f} {event.k} {number}", (clock, (event_words(event), tone)))


ROOM = Log
