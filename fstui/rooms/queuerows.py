"""The rows of the queue's room: each job of the workspace in cells and in a sentence."""

from __future__ import annotations

import calendar
import time
from collections.abc import Sequence
from typing import NamedTuple, overload

from engine.protocol import ENDS, JobFolder, Snapshot, State, safe_text
from engine.queue.turn import FOR_THE_USER, Standing, Turn
from fstui.i18n import later, tr
from fstui.model import words
from fstui.model.jobview import progress_words, state_parts
from fstui.model.queueview import QueueGlance
from fstui.rooms.lines import Line, Run
from fstui.widgets.rows import Column, Row, Tone

COLUMNS = (
    Column("Place", 6),
    Column("Project", least=10),
    Column("Job", 9),
    Column("State", 15),
    Column("Progress", 16),
    Column("Rate", 15),
    Column("Left", 9),
    Column("Made", 11),
    Column("Why", least=20, sentence=True),
)
TONES: dict[State, Tone] = {
    State.DONE: "good",
    State.CRASHED: "bad",
    State.FAILED: "bad",
    State.REFUSED: "bad",
    State.INTERRUPTED: "warn",
}
STUCK = FOR_THE_USER | {Standing.TROUBLE}
STANDINGS = {
    Standing.READY: later("next"),
    Standing.HELD: later("held"),
    Standing.STILL: later("stands still"),
    Standing.DAMAGED: later("damaged"),
    Standing.AFTER: later("after another"),
    Standing.BLOCKED: later("blocked"),
    Standing.RESTS: later("rests"),
    Standing.HOURS: later("other hours"),
    Standing.PROJECT: later("project is busy"),
    Standing.DEVICE: later("no device"),
    Standing.DISK: later("no room"),
    Standing.TROUBLE: later("trouble"),
}


class Entry(NamedTuple):
    """One row: a job, its turn where it waits, its state where it began."""

    folder: JobFolder
    turn: Turn | None = None
    place: int = 0
    """In the queue, from 1 on."""
    now: Snapshot | None = None
    """None for one that waits, and for one that isn't read yet."""

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return str(self.folder.path)

    @property
    def held(self) -> str:
        """Why it is held; empty for one that isn't."""
        return self.turn.item.entry.held if self.turn else ""

    @property
    def runs(self) -> bool:
        """Whether it began and has not ended."""
        return self.now is not None and self.now.state not in ENDS

    @property
    def may_try_again(self) -> bool:
        """Whether it waits, or ended without being done."""
        ended = self.now is not None and self.now.state in ENDS - {State.DONE}
        return self.turn is not None or ended


class QueueRows(Sequence[Row]):
    """Entries as rows; a row is made when it is looked at."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self._entries = entries
        self._places = {e.key: place for place, e in enumerate(entries)}

    def __len__(self) -> int:
        return len(self._entries)

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...

    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [row_of(entry) for entry in self._entries[index]]
        return row_of(self._entries[index])

    def index_of(self, key: str) -> int | None:
        """The place of a job's key."""
        return self._places.get(key)

    def entry(self, key: str | None) -> Entry | None:
        """The entry of a key."""
        at = self._places.get(key) if key else None
        return None if at is None else self._entries[at]


def entries_of(glance: QueueGlance) -> list[Entry]:
    """In the order of the list: what runs, what waits, what ended."""
    return [
        *(Entry(folder, now=now) for folder, now in glance.running),
        *(Entry(t.item.folder, t, place) for place, t in enumerate(glance.waiting, 1)),
        *(Entry(folder, now=now) for folder, now in glance.ended),
    ]


def text_of(entry: Entry) -> str:
    """What a filter looks at."""
    state, why = state_of(entry)[0], why_of(entry)
    return f"{entry.folder.project.name} {entry.folder.name} {state} {why}"


def state_of(entry: Entry) -> tuple[str, Tone]:
    """A word for its state."""
    if entry.turn is not None:
        standing = entry.turn.standing
        return tr(STANDINGS[standing]), "warn" if standing in STUCK else ""
    if entry.now is None:
        return "...", "muted"
    state = safe_text(state_parts(entry.now)[0])
    return state, "good" if entry.runs else TONES.get(entry.now.state, "")


def why_of(entry: Entry) -> str:
    """What it waits for, what it is about, or how it ended."""
    if entry.turn is not None:
        return safe_text(tr(entry.turn.why))
    if entry.now is None:
        return ""
    return safe_text("; ".join(filter(None, (state_parts(entry.now)[1], entry.now.message))))


def progress_of(entry: Entry) -> str:
    """How far it came; empty for one that waits."""
    return safe_text(progress_words(entry.now)) if entry.now else ""


def row_of(entry: Entry) -> Row:
    """One job's cells."""
    place = rate = left = ""
    if entry.turn is not None:
        priority = entry.turn.item.entry.priority
        place = f"{entry.place}" + (f" ({priority:+d})" if priority else "")
    elif entry.now is not None and entry.runs:
        at = entry.now.progress
        left = words.duration(at.eta_s) if at.eta_s is not None else ""
        rate = safe_text(words.rate(at.rate, at.unit)) if at.unit else ""
    name, kind = safe_text(entry.folder.project.name), safe_text(tr(entry.folder.kind))
    made = made_words(entry.folder.name)
    cells = (place, name, kind, state_of(entry), progress_of(entry), rate, left, made)
    return Row(entry.key, (*cells, why_of(entry)))


def made_words(name: str) -> str:
    """When a job was made, by the machine's clock: `11-26 23:39`."""
    try:
        made = time.strptime(name[:15], "%Y%m%dT%H%M%S")
    except ValueError:
        return ""
    return time.strftime("%m-%d %H:%M", time.localtime(calendar.timegm(made)))


def about_line(glance: QueueGlance) -> Line:
    """How many run and wait, and whether anybody starts them."""
    told = tr("{running} at work, {waiting} waiting, {ended} ended").format(
        running=len(glance.running),
        waiting=len(glance.waiting),
        ended=words.count(len(glance.ended) - glance.unread),
    )
    line: list[Run] = [told]
    if glance.unread:
        more = tr("  {n} older ones are still read ...").format(n=words.count(glance.unread))
        line.append((more, "muted"))
    if glance.stands_still:
        line.append(
            (tr("  ! the machine was started since: Y on a job lets the queue go on"), "warn")
        )
    if glance.problem:
        line.append((f"  ! {safe_text(glance.problem)}", "warn"))
    return line


def why_line(entry: Entry) -> Line:
    """The job's name, and what it waits for or how it ended."""
    why = why_of(entry)
    if entry.turn is not None:
        why = why or tr("its turn is next")
    return [(f"{safe_text(entry.folder.name)}  ", "accent"), why]
