"""The queue's room: every job of the workspace, at work, waiting in order, and ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, ClassVar, NamedTuple, overload

from textual import work
from textual.widget import Widget

from engine.errors import FstuiError
from engine.protocol import JobFolder, Snapshot, State, safe_text
from engine.queue.turn import FOR_THE_USER, Standing, Turn
from fstui import keymap
from fstui.i18n import tr
from fstui.model import jobs, words
from fstui.model.jobview import progress_words, state_words
from fstui.model.queue import HELD, keep_going, retry
from fstui.model.queueview import QueueGlance, of_queue
from fstui.rooms.lines import Line, Lines
from fstui.rooms.room import Room
from fstui.widgets.filter import Filter, matches
from fstui.widgets.rows import Column, Row, Rows, Tone

COLUMNS = (
    Column("Place", 6),
    Column("Project", least=10),
    Column("Job", 9),
    Column("State", 15),
    Column("Progress", 17),
    Column("Rate", 13),
    Column("Left", 9),
    Column("Made", 11),
    Column("Why", least=20),
)
TONES: dict[State, Tone] = {
    State.DONE: "good",
    State.CRASHED: "bad",
    State.FAILED: "bad",
    State.REFUSED: "bad",
    State.INTERRUPTED: "warn",
}
STUCK = FOR_THE_USER | {Standing.TROUBLE}
AFTER_THIS = "you stopped the queue after the job that ran: 'queue release all' lets it go on"


class Entry(NamedTuple):
    """One row: a job, and its turn where it waits."""

    folder: JobFolder
    turn: Turn | None = None
    place: int = 0
    """In the queue, from 1 on."""
    now: Snapshot | None = None
    """Of one that runs."""


class QueueRows(Sequence[Row]):
    """Entries as rows; what an ended job came to is read when its row is looked at, once."""

    def __init__(self, entries: Sequence[Entry], known: dict[str, Row]) -> None:
        self.entries = entries
        self._known = known
        self._places = {e.folder.name: place for place, e in enumerate(entries)}

    def __len__(self) -> int:
        return len(self.entries)

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> list[Row]: ...

    def __getitem__(self, index: int | slice) -> Row | list[Row]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        entry = self.entries[index]
        if entry.turn or entry.now:
            return row_of(entry)
        name = entry.folder.name
        if name not in self._known:
            self._known[name] = row_of(entry)
        return self._known[name]

    def __iter__(self) -> Iterator[Row]:
        return (self[i] for i in range(len(self)))

    def index_of(self, key: str) -> int | None:
        """The place of a job's name."""
        return self._places.get(key)


class QueueRoom(Room):
    """What runs, what waits for what, what came before."""

    room = "queue"
    CSS_PATH = "../styles/queue.tcss"
    BINDINGS: ClassVar[list[Any]] = keymap.bindings(
        "retry", "sooner", "postpone", "after_this", "filter"
    )

    def __init__(self) -> None:
        super().__init__()
        self._glance: QueueGlance | None = None
        self._known: dict[str, Row] = {}
        """Rows of ended jobs that were looked at."""
        self._entries: dict[str, Entry] = {}
        """By the job's name."""

    def body(self) -> Iterable[Widget]:
        """A line about the queue, the jobs, what the one under the cursor waits for."""
        yield Lines(id="about")
        yield Rows(COLUMNS, empty=tr("Looking for jobs ..."), id="jobs")
        yield Lines(id="why", wrap=True)
        yield Filter(placeholder=tr("words of a project, a job or a state"))

    def asks(self) -> tuple[Callable[[], object | None], ...]:
        """All jobs of the workspace."""
        return (of_queue(self.studio.session.workspace),)

    def news(self, update: object = None) -> None:
        """Take in what the jobs do."""
        if isinstance(update, QueueGlance):
            self._glance = update
        super().news(update)

    def show(self) -> None:
        """Running, waiting, ended."""
        glance, entry = self._glance, self.query_one(Filter)
        if glance is None:
            return
        self.query_one("#about", Lines).show([about_line(glance)])
        entries = entries_of(glance)
        self._entries = {e.folder.name: e for e in entries}
        if entry.text:
            kept = [e for e in entries if matches(entry.text, self._text(e))]
            entry.count(len(kept), len(entries))
            entries = kept
        rows = QueueRows(entries, self._known)
        empty = tr("No job matches: esc clears the filter.") if entry.text else tr("No job yet.")
        listing = self.query_one(Rows)
        listing.show(rows, empty=empty)
        if self.focused is None:
            listing.focus()
        self._tell()

    def _text(self, entry: Entry) -> str:
        """What the filter looks at; the end of a job is in it once its row was seen."""
        row = row_of(entry) if entry.turn or entry.now else self._known.get(entry.folder.name)
        cells = [c if isinstance(c, str) else c[0] for c in row.cells] if row else []
        return " ".join([entry.folder.project.name, entry.folder.name, *cells])

    def _tell(self) -> None:
        """What the job under the cursor is about, in words."""
        chosen = self.chosen
        self.query_one("#why", Lines).show([why_line(chosen)] if chosen else [])

    @property
    def chosen(self) -> Entry | None:
        """The entry under the cursor."""
        listing = self.query_one(Rows)
        return self._entries.get(listing.key) if listing.key else None

    def on_rows_moved(self, _message: Rows.Moved) -> None:
        """Other words, other keys."""
        self._tell()
        self.refresh_bindings()

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        """Enter opens the job's project in the room of its stage."""
        chosen = self.chosen
        if chosen is None:
            return
        room = {"extract": "faces", "train": "train", "convert": "convert"}
        self.studio.open_project(chosen.folder.project, room.get(chosen.folder.kind, "log"))

    # --- filter -------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Only jobs with some words."""
        self.query_one(Filter).open()

    def on_filter_changed(self) -> None:
        """Each key filters."""
        self.show()

    def on_filter_left(self) -> None:
        """Back to the list."""
        self.query_one(Rows).focus()

    # --- acts ---------------------------------------------------------------------------------

    def keys_depend_on(self) -> tuple[object, ...]:
        """The job under the cursor."""
        chosen = self.chosen
        found: tuple[object, ...] = ()
        if chosen is not None:
            held = chosen.turn and chosen.turn.item.entry.held
            found = (chosen.folder.name, bool(chosen.turn), held, chosen.now and chosen.now.state)
        waiting = bool(self._glance and self._glance.waiting)
        return (*super().keys_depend_on(), *found, waiting, self._is_stopped())

    def _is_stopped(self) -> bool:
        """Whether the queue stops after what runs."""
        waiting = self._glance.waiting if self._glance else []
        return any(turn.item.entry.held == AFTER_THIS for turn in waiting)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What can be done with the job under the cursor."""
        if action in ("start", "watch"):
            return False
        if action in keymap.WRITING and self.studio.session.readonly:
            return False
        if action in ("stop", "pause", "retry", "sooner", "postpone", "after_this"):
            return self._can(action, self.chosen)
        return super().check_action(action, parameters)

    def _can(self, action: str, chosen: Entry | None) -> bool:
        if action == "after_this":
            return bool(self._glance and self._glance.waiting)
        if chosen is None:
            return False
        if action in ("stop", "pause"):
            return chosen.turn is not None or chosen.now is not None
        if action == "retry":
            return chosen.now is None
        return chosen.turn is not None

    def words_for(self, action: str) -> str:
        """What the keys do to a job that waits."""
        chosen = self.chosen
        if action == "after_this" and self._is_stopped():
            return tr("go on after this one")
        if chosen is None:
            return ""
        if chosen.turn is not None:
            held = bool(chosen.turn.item.entry.held)
            names = {
                "stop": tr("take out"),
                "pause": tr("let it go") if held else tr("hold"),
                "retry": tr("now"),
            }
            return names.get(action, "")
        if chosen.now is not None and action == "pause":
            return tr("go on") if chosen.now.state is State.PAUSED else tr("pause")
        return tr("stop") if action == "stop" else ""

    @work(thread=True, group="queue")
    def act(self, do: Callable[[], object]) -> None:
        """Change the queue in a thread: another program may hold its lock for a moment."""

        def locked() -> None:
            self.studio.session.require_writing()
            do()
            keep_going(self.studio.session.workspace)

        self.attempt_in_thread(locked)

    @property
    def queue(self) -> Any:
        """The workspace's queue."""
        from engine.queue.queue import Queue

        return Queue(self.studio.session.workspace)

    def action_stop(self) -> None:
        """Save and stop what runs; take out what waits, after a question."""
        chosen = self.chosen
        if chosen is None:
            return
        if chosen.turn is None:
            self.act(lambda: jobs.stop(chosen.folder))
            return
        from fstui.widgets.confirm import Confirm

        question = tr("Take {name} out of the queue?").format(name=chosen.folder.name)
        lost = tr("It never began, so no work is lost; 'try again' puts it back.")

        def go(yes: bool | None) -> None:
            if yes:
                self.act(lambda: self.queue.cancel(chosen.folder))

        self.app.push_screen(Confirm(question, lost, act=tr("Take it out"), keep=tr("Keep")), go)

    def action_pause(self) -> None:
        """Hold what waits or let it go; pause what runs."""
        chosen = self.chosen
        if chosen is None:
            return
        if chosen.turn is not None:
            self.act(lambda: self._turn_hold(chosen.folder))
        elif chosen.now is not None:
            verb = "resume" if chosen.now.state is State.PAUSED else "pause"
            self.act(lambda: chosen.folder.send(verb))

    def _turn_hold(self, folder: JobFolder) -> None:
        item = next((i for i in self.queue.waiting() if i.name == folder.name), None)
        if item is not None:
            self.queue.change(folder, held="" if item.entry.held else HELD)

    def action_retry(self) -> None:
        """Now, for what rests or is held; once more, for what ended badly."""
        chosen = self.chosen
        if chosen is not None:
            self.act(lambda: retry(self.queue, chosen.folder))

    def action_sooner(self) -> None:
        """One place nearer to its turn."""
        self._move(-1)

    def action_postpone(self) -> None:
        """One place further from its turn."""
        self._move(1)

    def _move(self, by: int) -> None:
        chosen = self.chosen
        if chosen is not None and chosen.turn is not None:
            place = max(1, chosen.place + by)
            self.act(lambda: self.queue.move(chosen.folder, place))

    def action_after_this(self) -> None:
        """Hold all that wait, so that nothing begins after what runs; or let them go again."""
        self.act(self._turn_all)

    def _turn_all(self) -> None:
        queue = self.queue
        waiting = queue.waiting()
        stopped = [i for i in waiting if i.entry.held == AFTER_THIS]
        for item in stopped or [i for i in waiting if not i.entry.held]:
            queue.change(item.folder, held="" if stopped else AFTER_THIS)


def entries_of(glance: QueueGlance) -> list[Entry]:
    """In the order of the list: what runs, what waits, what ended."""
    return [
        *(Entry(folder, now=now) for folder, now in glance.running),
        *(Entry(t.item.folder, t, place) for place, t in enumerate(glance.waiting, 1)),
        *(Entry(folder) for folder in glance.ended),
    ]


def row_of(entry: Entry) -> Row:
    """One job's cells."""
    folder, name = entry.folder, safe_text(entry.folder.project.name)
    made = made_words(folder.name)
    if entry.turn is not None:
        turn = entry.turn
        tone: Tone = "warn" if turn.standing in STUCK else ""
        standing = tr("next") if turn.standing is Standing.READY else tr(str(turn.standing))
        priority = turn.item.entry.priority
        place = f"{entry.place}" + (f" ({priority:+d})" if priority else "")
        why = safe_text(turn.why)
        waits = (place, name, folder.kind, (standing, tone), "", "", "", made, why)
        return Row(folder.name, waits)
    now, running = entry.now or folder.current(), entry.now is not None
    state = state_words(now, time.time()).partition(" at ")[0]
    tone = "good" if running else TONES.get(now.state, "")
    at = now.progress
    left = words.duration(at.eta_s) if running and at.eta_s is not None else ""
    rate = words.rate(at.rate, at.unit) if running and at.unit else ""
    cells = ("", name, folder.kind, (state, tone), progress_words(now), rate, left, made)
    return Row(folder.name, (*cells, safe_text(now.message)))


def made_words(name: str) -> str:
    """When a job was made, by the machine's clock: `11-26 23:39`."""
    try:
        made = time.strptime(name[:15], "%Y%m%dT%H%M%S")
    except ValueError:
        return ""
    import calendar

    return time.strftime("%m-%d %H:%M", time.localtime(calendar.timegm(made)))


def about_line(glance: QueueGlance) -> Line:
    """How many run and wait, and whether anybody starts them."""
    line: list[str | tuple[str, Tone]] = [
        tr("{running} at work, {waiting} waiting, {ended} ended").format(
            running=len(glance.running),
            waiting=len(glance.waiting),
            ended=words.count(len(glance.ended)),
        )
    ]
    if glance.stands_still:
        line.append(
            (tr("  ! the machine was started since: Y on a job lets the queue go on"), "warn")
        )
    if glance.problem:
        line.append((f"  {safe_text(glance.problem)}", "muted"))
    return line


def why_line(entry: Entry) -> Line:
    """The job's name, and what it waits for or how it ended."""
    name = f"{entry.folder.name}  "
    if entry.turn is not None:
        return [(name, "accent"), safe_text(entry.turn.why) or tr("its turn is next")]
    try:
        message = (entry.now or entry.folder.current()).message
    except FstuiError as error:
        message = str(error)
    return [(name, "accent"), safe_text(message)]


ROOM = QueueRoom
