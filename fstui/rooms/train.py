"""The train room: losses of both sides, pace, trend, and the preview pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from textual.widget import Widget

from engine.protocol import State
from fstui import keymap
from fstui.i18n import later, tr
from fstui.model import jobs
from fstui.model.jobview import JobView
from fstui.model.machine import MachineGlance, of_machine
from fstui.model.series import CurveReader
from fstui.rooms.lines import Line, Lines
from fstui.rooms.previews import Previews
from fstui.rooms.stage import StageRoom, lacks, message_lines, stage_words, state_line
from fstui.rooms.trainlines import (
    loss_line,
    model_line,
    nan_line,
    progress_line,
    settings_now,
    warning_lines,
)
from fstui.threads import in_thread
from fstui.widgets.losschart import LossChart
from fstui.widgets.menu import Menu


class Train(StageRoom):
    """Watch a model learn."""

    room = "train"
    stage = "train"
    panes = ("#chart", "#picture")
    no_picture = later("Previews show here; r asks for one.")
    BINDINGS: ClassVar[list[Any]] = keymap.bindings(
        "preview", "augmentations", "log_scale", "time_axis", "sheet", "runs", "manage"
    )

    def __init__(self) -> None:
        super().__init__()
        self._machine: MachineGlance | None = None
        self._asked = ""
        """The running job that the machine is looked at for."""
        self._reader: CurveReader | None = None
        self._project: Path | None = None
        """Whose curve is shown."""

    def body(self) -> Iterable[Widget]:
        """Chart, picture, facts."""
        log = self.studio.session.view.log_scale
        empty = tr("No losses yet: s starts the training.")
        yield LossChart(empty=empty, log=log, id="chart")
        yield self.previews()
        yield Lines(id="ending", wrap=True, bottom=True)
        yield Lines(id="facts")
        yield Lines(id="machine")

    def asks(self) -> tuple[Callable[[], object | None], ...]:
        """The history of the model, beside the counts."""
        project, job = self.studio.session.project, self.job
        if project is None:
            return super().asks()
        if project.path != self._project:
            self._project = project.path
            self.query_one(LossChart).forget()
        self._reader = CurveReader(project.path / "model")
        self._reader.window = self.query_one(LossChart).window
        machine = (of_machine(job.folder),) if job is not None and job.running else ()
        return (*super().asks(), self._reader.read, *machine)

    def news(self, update: object = None) -> None:
        """What the job takes of the machine is asked about while it runs."""
        if isinstance(update, MachineGlance):
            self._machine = update
        job = self.job
        name = job.folder.name if job is not None and job.running else ""
        if name != self._asked and self.is_seen:
            self._asked, self._machine = name, None
            self.ask_again()
        super().news(update)

    def show(self) -> None:
        """The chart beside what every stage shows."""
        super().show()
        told = self._machine.words() if self._machine else ""
        self.query_one("#machine", Lines).show([[(told, "muted")]])
        self.show_losses()

    def show_losses(self) -> None:
        """The part of the history that is looked at, as soon as it was read."""
        chart, view = self.query_one(LossChart), self.studio.session.view
        curve = self.studio.session.curve
        if chart.log_scale != view.log_scale:
            chart.log_scale = view.log_scale
        if curve.points and curve.window != chart.window:
            return  # it is being read
        chart.take(
            curve.seen or curve.points,
            curve.marks,
            curve.span if curve.points else (0, 0),
            time_axis=view.time_axis,
            cursor=self.query_one(Previews).place,
        )

    def on_loss_chart_turned(self, message: LossChart.Turned) -> None:
        """Another part of the history is to be seen: it is read in the tail's thread."""
        if self._reader is not None:
            self._reader.window = message.window
            self.studio.tail.poke()

    def facts(self, job: JobView | None) -> list[Line]:
        """State and pace; losses and trend; model and checkpoint."""
        curve = self.studio.session.curve
        if job is None:
            how = stage_words(self.studio.session.overview, self.stage)
            return [state_line(None, tr("Not trained yet: {how}.").format(how=how))]
        lines = [progress_line(job, curve), loss_line(curve), model_line(job, curve)]
        if curve.nan_since is not None:
            return [nan_line(curve, job), *lines[:2]]
        lines = lines if job.running else [lines[0], lines[1], *message_lines(job)]
        return [*lines, *warning_lines(job)]

    def keys_depend_on(self) -> tuple[object, ...]:
        """Whether there is a curve, beside the job."""
        return (*super().keys_depend_on(), bool(self.studio.session.curve.points))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A preview is made by a running training only."""
        if action == "preview":
            job = self.job
            running = job is not None and not job.over and job.snapshot.state is State.RUNNING
            return running and bool(super().check_action(action, parameters))
        if action == "augmentations":
            overview = self.studio.session.overview
            ready = overview is not None and not lacks(overview, self.stage)
            return ready and bool(super().check_action(action, parameters))
        if action == "manage":
            job = self.job
            running = job is not None and not job.over and job.running
            return running and bool(super().check_action(action, parameters))
        if action == "runs":
            return self.job is not None or bool(self.studio.session.curve.points)
        if action == "sheet":
            return any(pane.has_sheets for pane in self.query(Previews))
        if action in ("log_scale", "time_axis"):
            return bool(self.studio.session.curve.points)
        return super().check_action(action, parameters)

    def action_preview(self) -> None:
        """Ask the training for a picture; it comes as soon as it is made."""
        job = self.job
        if job is not None and self.attempt(lambda: self.studio.session.ask_preview(job)):
            self.query_one(Previews).hurry()
            self.say(tr("A preview is being made."), timeout=2)

    def action_augmentations(self) -> None:
        """What training makes of the faces, step by step."""
        from fstui.rooms.augmentations import Augmentations

        project = self.studio.session.project
        if project is not None:
            self.app.push_screen(Augmentations(project.path))

    def words_for(self, action: str) -> str:
        """What `m` has here."""
        return tr("ask it") if action == "manage" else super().words_for(action)

    def action_runs(self) -> None:
        """What was trained: sessions, a comparison, the model."""
        choices = [
            ("s", "sessions", tr("sessions with their speed")),
            ("c", "compare", tr("compare two runs")),
            ("m", "model", tr("the model: parts and sets, going back to one")),
        ]
        self.app.push_screen(Menu(tr("What is to be seen?"), choices), self._look)

    def _look(self, chosen: str | None) -> None:
        from fstui.rooms.compare import Runs
        from fstui.rooms.sessions import Sessions
        from fstui.rooms.sets import ModelSets

        session, job = self.studio.session, self.job
        if session.project is None:
            return
        path = session.project.path
        if chosen == "sessions":
            self.app.push_screen(Sessions(path / "model"))
        elif chosen == "compare":
            self.app.push_screen(Runs(session.workspace, path))
        elif chosen == "model":
            frozen = str(settings_now(job).get("freeze", "")) if job else ""
            self.app.push_screen(ModelSets(path, frozen, self._keeps_its_sets()))

    def _keeps_its_sets(self) -> str:
        """Why the model can't go back to an older set now; empty where it can."""
        if self.studio.session.readonly:
            return tr("The model (read-only; esc closes)")
        if self.job is not None and self.job.running and not self.job.over:
            return tr("The model: stop the training to go back to a set (esc closes)")
        return ""

    def action_manage(self) -> None:
        """What a running training can be asked for."""
        choices = [
            ("c", "change", tr("change settings while it runs")),
            ("n", "snapshot", tr("keep what it is now as a snapshot")),
            ("v", "save", tr("save now")),
            ("h", "slower", tr("halve the learning rate for the rest of it")),
        ]
        self.app.push_screen(Menu(tr("What is the training to do?"), choices), self._do)

    def _do(self, chosen: str | None) -> None:
        from fstui.rooms.sessions import ChangeLive

        project, job = self.studio.session.project, self.job
        if project is None or job is None or chosen is None:
            return
        if chosen != "change":
            told = {"snapshot": tr("A snapshot is made."), "save": tr("It saves.")}
            told["slower"] = tr("It goes on with half the learning rate.")
            self.ask_job(lambda: jobs.tell(job.folder, chosen), told[chosen])
            return

        def go(values: dict[str, Any] | None) -> None:
            if values:
                said = ", ".join(f"{name} {value}" for name, value in values.items())
                told = tr("It goes on with {said}.").format(said=said)
                self.ask_job(lambda: jobs.change(job.folder, values), told)

        self.app.push_screen(ChangeLive(project.name, settings_now(job)), go)

    @in_thread(group="change")
    def ask_job(self, ask: Callable[[], object], said: str) -> None:
        """Ask the training for something, and wait for its answer in a thread."""

        def act() -> None:
            self.studio.session.require_writing()
            ask()
            self.app.call_from_thread(self.say, said)

        self.attempt_in_thread(act)

    def action_sheet(self) -> None:
        """All faces of the previews with their masks, or the few that fit a small pane."""
        self.query_one(Previews).switch()

    def action_log_scale(self) -> None:
        """Logarithmic or linear losses, remembered for this project."""
        view = self.studio.session.view
        view.log_scale = not view.log_scale
        self.query_one(LossChart).log_scale = view.log_scale

    def action_time_axis(self) -> None:
        """Losses over iterations or over time, remembered for this project."""
        view = self.studio.session.view
        view.time_axis = not view.time_axis
        self.show_losses()

    def action_earlier(self) -> None:
        """The picture before, and where in the chart it is from."""
        super().action_earlier()
        self._go_along()

    def action_later(self) -> None:
        """The picture after."""
        super().action_later()
        self._go_along()

    def _go_along(self) -> None:
        place = self.query_one(Previews).place
        if place is not None:
            self.query_one(LossChart).hold(place)
        self.show_losses()


ROOM = Train
