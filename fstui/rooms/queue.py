"""The queue's room: every job of the workspace, at work, waiting in order, and ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from textual.widget import Widget

from engine.errors import FstuiError
from engine.protocol import JobFolder, State
from engine.queue.queue import Queue
from fstui import bell, keymap
from fstui.i18n import later, tr
from fstui.model import jobs
from fstui.model.jobview import KILL_AFTER_S
from fstui.model.queue import HELD, keep_going, retry
from fstui.model.queueview import Jobs, QueueGlance
from fstui.rooms.filtered import Filtered
from fstui.rooms.lines import Lines
from fstui.rooms.queuerows import (
    COLUMNS,
    Entry,
    QueueRows,
    about_line,
    entries_of,
    text_of,
    why_line,
)
from fstui.rooms.room import Room
from fstui.threads import in_thread
from fstui.widgets.filter import Filter, matches
from fstui.widgets.rows import Rows

AFTER_THIS = later(
    "you stopped the queue after the job that ran: 'queue release all' lets it go on"
)
NO_JOB = later("No job yet: s in a project's room starts one.")
ROOMS = {"extract": "faces", "train": "train", "convert": "convert"}
"""Where a job of a kind is at home; the log's room for others."""


class QueueRoom(Room, Filtered):
    """What runs, what waits for what, what came before."""

    room = "queue"
    CSS_PATH = "../styles/queue.tcss"
    BINDINGS: ClassVar[list[Any]] = keymap.bindings(
        "retry", "sooner", "postpone", "after_this", "filter"
    )

    def __init__(self) -> None:
        super().__init__()
        self._jobs: Jobs | None = None
        """Looks at the workspace; kept from visit to visit, so that ends are read once."""
        self._glance: QueueGlance | None = None
        self._shown: tuple[object, str] = (None, "")
        """The glance and the filter that `_rows` come of."""
        self._rows = QueueRows()
        self._acting = threading.Lock()
        self._stopping: dict[str, float] = {}
        """Jobs that were asked to stop, and the monotonic time when that was."""

    def body(self) -> Iterable[Widget]:
        """A line about the queue, the jobs, what the one under the cursor waits for."""
        yield Lines(id="about")
        yield Rows(COLUMNS, empty=tr("Looking for jobs ..."), id="jobs")
        yield Lines(id="why", wrap=True)
        yield Filter(placeholder=tr("words of a project, a job, a state or a reason"))

    def asks(self) -> tuple[Callable[[], object | None], ...]:
        """All jobs of the workspace."""
        workspace = self.studio.session.workspace
        if self._jobs is None or self._jobs.workspace != workspace:
            self._jobs, self._glance = Jobs(workspace), None
        return (self._jobs,)

    def news(self, update: object = None) -> None:
        """Take in what the jobs do."""
        if isinstance(update, QueueGlance):
            self._glance = update
            for job in update.just_ended:
                if not self.studio.session.is_open(job.folder.project):  # whose are told anyway
                    bell.tell(self.studio, job)
        super().news(update)

    def show(self) -> None:
        """Running, waiting, ended."""
        glance, text = self._glance, self.query_one(Filter).text
        if glance is None or (self._shown[0] is glance and self._shown[1] == text):
            return
        self._shown = glance, text
        self.query_one("#about", Lines).show([about_line(glance)])
        entries = entries_of(glance)
        if text:
            kept = [e for e in entries if matches(text, text_of(e))]
            self.query_one(Filter).count(len(kept), len(entries))
            entries = kept
        self._rows = QueueRows(entries)
        empty = tr("No job matches: esc clears the filter.") if text else tr(NO_JOB)
        listing = self.query_one(Rows)
        listing.show(self._rows, empty=empty)
        if self.focused is None:
            listing.focus()
        self._tell()

    def _tell(self) -> None:
        """What the job under the cursor is about, in words."""
        chosen = self.chosen
        self.query_one("#why", Lines).show([why_line(chosen)] if chosen else [])

    @property
    def chosen(self) -> Entry | None:
        """The entry under the cursor."""
        return self._rows.entry(self.query_one(Rows).key)

    def on_rows_moved(self, _message: Rows.Moved) -> None:
        """Other words, other keys."""
        self._tell()
        self.refresh_bindings()

    def on_rows_chosen(self, _message: Rows.Chosen) -> None:
        """Enter opens the job's project in the room of its stage, or the job's log."""
        if chosen := self.chosen:
            room = ROOMS.get(chosen.folder.kind, "log")
            self.studio.session.log_asked = chosen.folder if room == "log" else None
            self.studio.open_project(chosen.folder.project, room)

    # --- acts ---------------------------------------------------------------------------------

    def keys_depend_on(self) -> tuple[object, ...]:
        """The job under the cursor."""
        chosen, glance = self.chosen, self._glance
        found: tuple[object, ...] = ()
        if chosen is not None:
            state = chosen.now.state if chosen.now else None
            found = (chosen.key, chosen.turn is None, chosen.held, state)
        whole = glance is not None and not glance.unread
        return (*super().keys_depend_on(), *found, whole, self._may_hold_all(), self._is_stopped())

    def _may_hold_all(self) -> bool:
        return self._glance is not None and bool(self._glance.waiting)

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
        if action == "after_this":
            return self._may_hold_all()
        if action in ("stop", "pause", "retry", "sooner", "postpone"):
            return self.chosen is not None and self._can(action, self.chosen)
        return super().check_action(action, parameters)

    def _can(self, action: str, chosen: Entry) -> bool:
        if action in ("stop", "pause"):
            return chosen.turn is not None or chosen.runs
        if action == "retry":
            return chosen.may_try_again
        # While jobs are still to be read a place in the list is none in the queue.
        return chosen.turn is not None and self._glance is not None and not self._glance.unread

    def words_for(self, action: str) -> str:
        """What the keys do to a job that waits."""
        chosen = self.chosen
        if action == "after_this" and self._is_stopped():
            return tr("go on after this one")
        if chosen is None:
            return ""
        if chosen.turn is not None:
            names = {
                "stop": tr("take out"),
                "pause": tr("let it go") if chosen.held else tr("hold"),
                "retry": tr("now"),
            }
            return names.get(action, "")
        if chosen.now is not None and action == "pause":
            return tr("go on") if chosen.now.state is State.PAUSED else tr("pause")
        if action == "stop":
            return tr("kill") if self._may_kill(chosen) else tr("stop")
        return ""

    @in_thread(group="queue")
    def act(self, do: Callable[[Queue], object]) -> None:
        """Change the queue in a thread, for another program may hold its lock for a moment; one
        act after the other, so that two presses of a key are two steps."""

        def change() -> None:
            workspace = self.studio.session.workspace
            self.studio.session.require_writing()
            do(Queue(workspace))
            keep_going(workspace)
            if self._jobs is not None:
                self._jobs.soon()

        with self._acting:
            self.attempt_in_thread(change)

    def action_stop(self) -> None:
        """Save and stop what runs, kill it when that took too long; take out what waits."""
        chosen = self.chosen
        if chosen is None:
            return
        if chosen.turn is not None:
            self._ask_take_out(chosen.folder)
        elif chosen.now is not None and self._may_kill(chosen):
            self.offer_kill(chosen.folder, chosen.now)
        elif chosen.key in self._stopping:
            self.say_it_stops()
        else:
            self._stopping[chosen.key] = time.monotonic()
            self.act(lambda _queue: self._stop(chosen))

    def _stop(self, chosen: Entry) -> None:
        try:
            jobs.stop(chosen.folder)
        except (FstuiError, OSError):
            del self._stopping[chosen.key]  # it was not asked: x asks again
            raise

    def _may_kill(self, chosen: Entry) -> bool:
        asked = self._stopping.get(chosen.key)
        return chosen.runs and asked is not None and time.monotonic() - asked >= KILL_AFTER_S

    def _ask_take_out(self, folder: JobFolder) -> None:
        from fstui.widgets.confirm import Confirm

        question = tr("Take {name} out of the queue?").format(name=folder.name)
        lost = tr("It never began, so no work is lost; 'try again' puts it back.")

        def go(yes: bool | None) -> None:
            if yes:
                self.act(lambda queue: queue.cancel(folder))

        self.app.push_screen(Confirm(question, lost, act=tr("Take it out"), keep=tr("Keep")), go)

    def action_pause(self) -> None:
        """Hold what waits or let it go; pause what runs."""
        chosen = self.chosen
        if chosen is None:
            return
        if chosen.turn is not None:
            held = "" if chosen.held else HELD
            self.act(lambda queue: queue.change(chosen.folder, held=held))
        elif chosen.now is not None:
            verb = "resume" if chosen.now.state is State.PAUSED else "pause"
            self.act(lambda _queue: chosen.folder.send(verb))

    def action_retry(self) -> None:
        """Now, for what rests or is held; once more, for what ended badly."""
        chosen = self.chosen
        if chosen is not None:
            self.act(lambda queue: retry(queue, chosen.folder))

    def action_sooner(self) -> None:
        """One place nearer to its turn."""
        self._move(-1)

    def action_postpone(self) -> None:
        """One place further from its turn."""
        self._move(1)

    def _move(self, by: int) -> None:
        chosen = self.chosen
        if chosen is not None and chosen.turn is not None:
            self.act(lambda queue: queue.move_by(chosen.folder, by))

    def action_after_this(self) -> None:
        """Hold all that wait, so that nothing begins after what runs; or let them go again."""
        self.act(hold_all)


def hold_all(queue: Queue) -> None:
    """Hold what isn't held yet, or let go what this held."""
    if not queue.change_all(lambda entry: entry.held == AFTER_THIS, held=""):
        queue.change_all(lambda entry: not entry.held, held=AFTER_THIS)


ROOM = QueueRoom
