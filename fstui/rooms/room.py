"""What all rooms have: bars, the job's line, acts on the room's job, and the too-small notice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, cast

from msgspec.structs import replace
from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from engine.errors import FstuiError, from_os_error
from engine.project import Project
from engine.protocol import JobFolder, Snapshot, safe_text
from fstui import keymap
from fstui.i18n import tr
from fstui.model import glance, jobs
from fstui.model.jobview import KILL_AFTER_S, JobView
from fstui.model.queue import start_or_queue
from fstui.model.told import Told
from fstui.rooms.bars import ROOMS_OF_A_PROJECT, KeyBar, RoomBar, start_words
from fstui.rooms.lines import Lines, Listing
from fstui.state import RoomView
from fstui.threads import begin_thread, deliver, failure_of, in_thread
from fstui.widgets.filter import Filter
from fstui.widgets.rows import Rows
from fstui.widgets.status import StatusLine
from fstui.widgets.words import shorten

if TYPE_CHECKING:
    from textual.notifications import SeverityLevel as Severity

    from fstui.app import FstuiApp
    from fstui.rooms.start import Start

SMALLEST = (60, 16)


class Answer(NamedTuple):
    """What a question of a room was answered."""

    room: Room
    answer: object


def addressed(room: Room, ask: Callable[[], object | None]) -> Callable[[], Answer | None]:
    """A room's question, whose answer finds its way back when another room is shown by then."""

    def asked() -> Answer | None:
        answer = ask()
        return None if answer is None else Answer(room, answer)

    return asked


class Room(Screen[None]):
    """One screen of the workbench."""

    room: ClassVar[str] = ""
    panes: ClassVar[tuple[str, ...]] = ()
    """Parts of the body that `z` shows alone, one after the other."""
    stage: ClassVar[str] = ""
    """The stage whose jobs this room is about; empty: whichever is at work."""
    BINDINGS: ClassVar[list[Any]] = keymap.bindings(
        "start", "stop", "pause", "watch", "freeze", "zoom", "copy", "doctor", "back"
    )

    def __init__(self) -> None:
        super().__init__()
        self.frozen = False
        self.zoomed = -1
        """Index of the pane that is shown alone; -1 shows all."""
        self._keys_of: object = None
        self._place: Path | None = None
        """The project or workspace whose lists are shown."""

    @property
    def studio(self) -> FstuiApp:
        """The app, with its session and tail."""
        return cast("FstuiApp", self.app)

    # --- what a room is made of ---------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Bar, body, the job's line, keys; and what replaces them where it is too small."""
        yield RoomBar(id="bar")
        yield Container(*self.body(), id="body")
        yield Lines(id="banner", wrap=True)
        yield StatusLine(id="job")
        yield KeyBar(id="keys")
        yield Static(id="tiny")

    def body(self) -> Iterable[Widget]:
        """The room's own widgets."""
        raise NotImplementedError

    def show(self) -> None:
        """Bring the room's own widgets up to the session; they paint what differs."""
        raise NotImplementedError

    def asks(self) -> tuple[Callable[[], object | None], ...]:
        """What the tail looks at beside jobs while this room shows."""
        return ()

    # --- news ---------------------------------------------------------------------------------

    @property
    def job(self) -> JobView | None:
        """The job that this room is about."""
        session = self.studio.session
        return session.jobs.get(self.stage) if self.stage else session.newest()

    def on_screen_resume(self) -> None:
        """The room is shown, or what lay over it is gone."""
        if self.is_seen:
            self.show_again()

    def show_again(self) -> None:
        """Ask for what is shown, paint once."""
        if self.is_mounted:
            self.come_back()
        self.ask_again()
        self.query_one(RoomBar).repaint()
        self.news()

    def on_mount(self) -> None:
        """All widgets are there."""
        self.come_back()

    def come_back(self) -> None:
        """Filter and cursors as they were when this room was left."""
        session = self.studio.session
        of_project = session.project if self.room in ROOMS_OF_A_PROJECT else None
        place = of_project.path if of_project else session.workspace
        if place == self._place:
            return
        self._place = place
        seen = session.state.view(place).rooms.get(self.room, RoomView())
        for entry in self._filters():
            entry.text = seen.filter
        for rows in self._lists():
            if key := seen.rows.get(rows.id or ""):
                rows.want(key)

    def remember(self) -> None:
        """Keep them for `come_back`."""
        if self._place is not None:
            text = "".join(entry.text for entry in self._filters())
            keys = {rows.id: rows.key for rows in self._lists() if rows.id and rows.key}
            view = self.studio.session.state.view(self._place)
            view.rooms[self.room] = RoomView(text, keys)

    def _filters(self) -> list[Filter]:
        """The room's own filter; faces are filtered as their own view says."""
        return list(self.query("#body Filter").exclude("Browser Filter").results(Filter))

    def _lists(self) -> list[Rows]:
        """The room's lists whose rows can be chosen; a log follows its end instead."""
        found = self.query("#body > Rows").results(Rows)
        return [rows for rows in found if not isinstance(rows, Listing)]

    def ask_again(self) -> None:
        """Have the tail look at what this room shows now."""
        session = self.studio.session
        place = session.project.path if session.project else session.workspace
        asks = self.asks()
        for ask in asks:
            if isinstance(ask, Told):
                ask.soon()  # what was done meanwhile shows at once
        mine = (addressed(self, ask) for ask in asks)
        self.studio.tail.also(glance.of_disk(place), self.studio.theme_files, *mine)

    @property
    def is_seen(self) -> bool:
        """Whether it is made, not going, and the room that is shown, be it behind a dialogue."""
        return self.studio.room is self and bool(self.query("#keys"))

    def news(self, _update: object = None) -> None:
        """Something changed. A room takes in what answers its own questions, seen or not: they are
        told once. Then this paints, where somebody sees it."""
        if self.frozen or not self.is_seen:
            return
        problem = self.studio.session.problem
        banner = self.query_one("#banner", Lines)
        banner.set_class(bool(problem), "-on")
        self.set_class(bool(problem), "-warned")
        banner.show([[(f"! {problem}", "bad")]])
        self.show()
        job = self.job
        working = job if job and job.running else self.studio.session.newest()
        line = working if working and working.running else job or working
        self.query_one(StatusLine).show(self._status(line) if line else None, self.link_note())
        if (keys_of := self.keys_depend_on()) != self._keys_of:
            self._keys_of = keys_of
            self.refresh_bindings()

    def tells(self, _job: JobView) -> bool:
        """Whether the room itself says how a job ended: no notice says it too."""
        return False

    def _status(self, job: JobView) -> Snapshot:
        """What the job's line has to say: not the sentence that the room gives in full."""
        shown = job.shown()
        return replace(shown, message="") if job.broke and self.tells(job) else shown

    def link_note(self) -> str:
        """How often it looks where there is a link between; nothing on the machine itself."""
        rate = f"{1 / self.studio.tail.interval_s:.2g}"
        return tr("remote {rate} Hz").format(rate=rate) if self.studio.remote else ""

    def keys_depend_on(self) -> tuple[object, ...]:
        """What makes keys valid or not: the footer is looked at again when it changes."""
        job, watch = self.job, self.studio.session.jobs.get("watch")
        mine = (job.snapshot.state, job.stopping, job.may_kill()) if job else ()
        more = (min(len(job.previews), 2), job.snapshot.iteration is None) if job else ()
        return (*mine, *more, watch is not None and watch.running)

    def on_resize(self, event: events.Resize) -> None:
        """Below the least size one plain line says so, with the job's state."""
        width, height = event.size
        tiny = width < SMALLEST[0] or height < SMALLEST[1]
        self.set_class(tiny, "-tiny")
        if tiny:
            least = f"{SMALLEST[0]}x{SMALLEST[1]}"
            need = tr("need {least}, have {now}").format(least=least, now=f"{width}x{height}")
            job = self.job
            state = f"{tr(job.stage)}: {job.words()}" if job else tr("no job")
            self.query_one("#tiny", Static).update(Content(f"{need}\n{safe_text(state)}"))

    # --- keys ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what can be done now."""
        if action in keymap.WRITING and self.studio.session.readonly:
            return False
        if action in ("start", "stop", "pause", "watch") and self.studio.session.project is None:
            return False
        job = self.job
        if action == "start":
            return job is None or not job.running
        if action == "copy":
            return bool(self.copied())
        if action == "zoom":
            return bool(self.panes)
        if action == "stop":
            return job is not None and job.running
        if action == "pause":
            return job is not None and job.running and not job.stopping
        return True

    def words_for(self, action: str) -> str:
        """The footer's words where the table's are too general."""
        job = self.job
        if action == "start" and self.stage:
            return start_words(self.stage, resumes=job is not None and job.resumable())
        if action == "pause" and job:
            return tr("go on") if job.snapshot.state == "paused" else tr("pause")
        if action == "stop" and job:
            asked = tr("kill") if job.may_kill() else tr("stopping")
            return asked if job.stopping else tr("stop")
        if action == "watch":
            watch = self.studio.session.jobs.get("watch")
            return tr("end watch") if watch and watch.running else tr("watch")
        return ""

    def say(
        self, text: str, severity: Severity = "information", timeout: float | None = None
    ) -> None:
        """A passing notice; what stands in brackets is text, not markup."""
        self.notify(safe_text(text), severity=severity, timeout=timeout, markup=False)

    def problem(self, text: str) -> None:
        """What went wrong, as a notice."""
        self.say(text, severity="error", timeout=10)

    def attempt(self, act: Callable[[], object]) -> bool:
        """Do something small; an error becomes a notice of one sentence."""
        try:
            act()
        except FstuiError as error:
            self.problem(str(error))
            return False
        except OSError as error:
            problem = from_os_error(error, f"writing {error.filename or 'to the project'}")
            self.problem(str(problem))
            return False
        self.studio.tail.poke()
        return True

    @in_thread(group="reload", exclusive=True)
    def reload(self) -> None:
        """Read project.toml again after a change, in a thread: of much footage it is long."""
        if (project := self.studio.session.project) is not None:
            deliver(self, self.take_project, Project.open(project.path))

    def take_project(self, project: Project) -> None:
        """Show the open project as it is now."""
        self.studio.session.renew(project)
        self.studio.tail.poke()
        self.news()

    def action_back(self) -> None:
        """Esc: what is filtered shows whole again; then to the project's room, from there home."""
        filtered = next((f for f in self.query(Filter) if f.text), None)
        if filtered is not None:
            filtered.action_clear()
        elif self.room == "project" or self.studio.session.project is None:
            self.studio.action_home()
        else:
            self.studio.action_project()

    def action_freeze(self) -> None:
        """Hold the view still; the job goes on."""
        self.frozen = not self.frozen
        self.query_one(RoomBar).repaint()
        self.news()

    def copied(self) -> str:
        """What `c` copies: the row under the cursor, its cells with tabs between."""
        if isinstance(self.focused, Rows) and (row := self.focused.row) is not None:
            return "\t".join(cell if isinstance(cell, str) else cell[0] for cell in row.cells)
        return ""

    def action_copy(self) -> None:
        """Copy it, and say where it lies if the terminal took no copy."""
        from fstui.clipboard import copy

        if text := self.copied():
            also = copy(self.app, text)
            self.say(tr("Copied: {text}").format(text=shorten(text, 60)) + also)

    def action_zoom(self) -> None:
        """Show the next pane alone; after the last, all of them again."""
        self.zoomed = self.zoomed + 1 if self.zoomed + 1 < len(self.panes) else -1
        self.set_class(self.zoomed >= 0, "-zoomed")
        for number, pane in enumerate(self.panes):
            self.query_one(pane).set_class(self.zoomed not in (-1, number), "-away")

    def action_doctor(self) -> None:
        """What this machine has."""
        from fstui.rooms.doctor import Doctor

        self.app.push_screen(Doctor())

    def action_start(self) -> None:
        """The form of the room's stage."""
        self.ask_settings(self.stage)

    def ask_settings(
        self, stage: str, *, looking: bool = False, at: tuple[str, int] = ("", 0)
    ) -> None:
        """Show a stage's settings; start it when they are accepted. Of convert also a preview
        (`looking`) of a clip's frame, from 1; 0 is one in its middle."""
        from fstui.rooms.start import StartForm, starting
        from fstui.rooms.tune import TuneForm

        def go(settings: dict[str, Any] | None) -> None:
            if settings is not None:
                self.start_stage(stage, settings)

        def show(project: Project, start: Start) -> None:
            if stage == "convert":
                self.app.push_screen(TuneForm(project, start, looking=looking, at=at), go)
            else:
                self.app.push_screen(StartForm(project, stage, start), go)

        def look(project: Project) -> None:
            start = starting(project, stage)
            deliver(self, show, project, start)

        if project := self.studio.session.project:
            begin_thread(self, partial(look, project), group="form", exclusive=True)

    @in_thread(group="start")
    def start_stage(self, stage: str, settings: dict[str, Any]) -> None:
        """Launch a job; waiting for its first word takes a moment, so in a thread."""

        starts = {
            "extract": jobs.start_extract,
            "train": jobs.start_train,
            "convert": jobs.start_convert,
        }

        def launch() -> None:
            project = self.studio.session.writable()
            if stage == "watch":
                jobs.start_watch(project, **settings)
                return
            start = starts[stage]
            folder = start_or_queue(lambda place: start(project, place=place, **settings))
            if folder.was_queued:
                waits = tr("This {stage} waits in the queue.").format(stage=tr(stage))
                self.app.call_from_thread(self.say, waits)

        self.attempt_in_thread(launch)

    def attempt_in_thread(self, act: Callable[[], object]) -> None:
        """As `attempt`, from a worker's thread."""
        if problem := failure_of(act):
            deliver(self, self.problem, problem)
        self.studio.tail.poke()

    def action_stop(self) -> None:
        """Save and stop; when that took too long, offer to kill."""
        job = self.job
        if job is None:
            return
        if job.may_kill():
            self.offer_kill(job.folder, job.snapshot)
        elif job.stopping:
            self.say_it_stops()
        else:
            self.attempt(lambda: self.studio.session.stop(job))
            self.news()

    def say_it_stops(self) -> None:
        """What a second press tells."""
        told = tr("It saves and stops; after {seconds:.0f} s x offers to kill it.")
        self.say(told.format(seconds=KILL_AFTER_S))

    def offer_kill(self, folder: JobFolder, now: Snapshot) -> None:
        """Ask before killing, saying what is lost."""
        from fstui.widgets.confirm import Confirm

        lost = tr("Unsaved work is lost.")
        if now.saved_iteration:
            lost = tr("What came after iteration {n} is lost.").format(n=now.saved_iteration)
        question = tr("The job {name} has not stopped yet. Kill it?").format(name=folder.name)

        def go(yes: bool | None) -> None:
            if yes:
                self.kill(folder)

        self.app.push_screen(Confirm(question, lost, act=tr("Kill it"), keep=tr("Wait")), go)

    @in_thread(group="kill")
    def kill(self, folder: JobFolder) -> None:
        """Kill after pid, start time and host were compared with the lock."""

        def act() -> None:
            self.studio.session.require_writing()
            jobs.kill(folder)

        self.attempt_in_thread(act)

    def action_pause(self) -> None:
        """Pause the job, or let it go on."""
        job = self.job
        if job is not None:
            self.attempt(lambda: self.studio.session.pause(job))

    def action_watch(self) -> None:
        """Start or stop the job that watches media/."""
        watch = self.studio.session.jobs.get("watch")
        if watch and watch.running:
            self.attempt(lambda: self.studio.session.stop(watch))
        else:
            self.start_stage("watch", {})
