"""The train room: losses of both sides, pace, trend, and the preview pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from textual import work
from textual.widget import Widget

from engine import sessions
from engine.protocol import State, safe_text
from engine.settings import TrainSettings
from fstui import keymap
from fstui.i18n import tr
from fstui.model import jobs, words
from fstui.model.jobview import JobView
from fstui.model.machine import MachineGlance, of_machine
from fstui.model.series import Curve, CurveReader, pace
from fstui.rooms.lines import Line, Lines
from fstui.rooms.previews import Previews
from fstui.rooms.stage import StageRoom, lacks, message_line, stage_words, state_line
from fstui.widgets.chart import Chart

DEFAULTS = TrainSettings()


class Train(StageRoom):
    """Watch a model learn."""

    room = "train"
    stage = "train"
    panes = ("#chart", "#picture")
    no_picture = "Previews show here; r asks for one."
    BINDINGS: ClassVar[list[Any]] = keymap.bindings(
        "preview", "augmentations", "log_scale", "sheet", "manage"
    )

    def __init__(self) -> None:
        super().__init__()
        self._machine: MachineGlance | None = None
        self._asked = ""
        """The running job that the machine is looked at for."""

    def body(self) -> Iterable[Widget]:
        """Chart, picture, facts."""
        log = self.studio.session.view.log_scale
        yield Chart(empty="No losses yet: s starts the training.", log=log, id="chart")
        yield self.previews()
        yield Lines(id="ending", wrap=True, bottom=True)
        yield Lines(id="facts")
        yield Lines(id="machine")

    def asks(self) -> tuple[Callable[[], object | None], ...]:
        """The history of the model, beside the counts."""
        project = self.studio.session.project
        history = (CurveReader(project.path / "model" / "history").read,) if project else ()
        job = self.job
        machine = (of_machine(job.folder),) if job is not None and job.running else ()
        return (*super().asks(), *history, *machine)

    def news(self, update: object = None) -> None:
        """What the job takes of the machine is asked about while it runs."""
        if isinstance(update, MachineGlance):
            self._machine = update
        job = self.job
        name = job.folder.name if job is not None and job.running else ""
        if name != self._asked:
            self._asked, self._machine = name, None
            self.ask_again()
        super().news(update)

    def show(self) -> None:
        """The chart beside what every stage shows."""
        super().show()
        told = self._machine.words() if self._machine else ""
        self.query_one("#machine", Lines).show([[(told, "muted")]])
        job = self.job
        saves = job.saves if job else []
        chart, view = self.query_one(Chart), self.studio.session.view
        chart.show(self.studio.session.curve.points, saves)
        if chart.log_scale != view.log_scale:
            chart.log_scale = view.log_scale

    def facts(self, job: JobView | None) -> list[Line]:
        """State and pace; losses and trend; model and checkpoint."""
        curve = self.studio.session.curve
        if job is None:
            words_of = stage_words(self.studio.session.overview, self.stage)
            return [state_line(None, f"Not trained yet: {words_of}.")]
        lines = [progress_line(job, curve), loss_line(curve), model_line(job, curve)]
        if curve.nan_since is not None:
            return [nan_line(curve, job), *lines[:2]]
        return lines if job.running else [lines[0], lines[1], message_line(job)]

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
            return not self.studio.session.readonly and job is not None
        if action == "sheet":
            return any(pane.has_sheets for pane in self.query(Previews))
        if action == "log_scale":
            return bool(self.studio.session.curve.points)
        return super().check_action(action, parameters)

    def action_preview(self) -> None:
        """Ask the training for a picture; it comes as soon as it is made."""
        job = self.job
        if job is not None and self.attempt(lambda: self.studio.session.ask_preview(job)):
            self.query_one(Previews).hurry()
            self.say("A preview is being made.", timeout=2)

    def action_augmentations(self) -> None:
        """What training makes of the faces, step by step."""
        from fstui.rooms.augmentations import Augmentations

        project = self.studio.session.project
        if project is not None:
            self.app.push_screen(Augmentations(project.path))

    def words_for(self, action: str) -> str:
        """What `m` has here."""
        return tr("more") if action == "manage" else super().words_for(action)

    def action_manage(self) -> None:
        """The model's sessions; settings that a running training takes."""
        from fstui.widgets.menu import Menu

        choices = [("s", "sessions", tr("sessions with their speed"))]
        if self.job is not None and self.job.running:
            choices.append(("c", "change", tr("change settings while it runs")))
        self.app.push_screen(Menu(tr("What is to be done?"), choices), self._do)

    def _do(self, chosen: str | None) -> None:
        from fstui.rooms.sessions import ChangeLive, Sessions

        project, job = self.studio.session.project, self.job
        if project is None or job is None:
            return
        if chosen == "sessions":
            self.app.push_screen(Sessions(sessions.read(project.path / "model")))
        elif chosen == "change":

            def go(values: dict[str, Any] | None) -> None:
                if values:
                    self.change(job, values)

            self.app.push_screen(ChangeLive(project.name, settings_of(job)), go)

    @work(thread=True, group="change")
    def change(self, job: JobView, values: dict[str, Any]) -> None:
        """Tell the training, and wait for its answer in a thread."""

        def act() -> None:
            self.studio.session.require_writing()
            jobs.change(job.folder, values)
            said = ", ".join(f"{name} {value}" for name, value in values.items())
            self.app.call_from_thread(self.say, tr("It goes on with {said}.").format(said=said))

        self.attempt_in_thread(act)

    def action_sheet(self) -> None:
        """All faces of the previews with their masks, or the few that fit a small pane."""
        self.query_one(Previews).switch()

    def action_log_scale(self) -> None:
        """Logarithmic or linear losses, remembered for this project."""
        view = self.studio.session.view
        view.log_scale = not view.log_scale
        self.query_one(Chart).log_scale = view.log_scale


def settings_of(job: JobView) -> dict[str, Any]:
    """What the training was started with, where it differs from the defaults."""
    return next((s.settings for s in job.job.steps if s.stage == "train"), {})


def batch_of(job: JobView) -> int:
    """Faces of each side in a step, as the training says itself or as it was started."""
    told = (job.metric.get("batch"), settings_of(job).get("batch"))
    return next((value for value in told if isinstance(value, int)), DEFAULTS.batch)


def aim_of(job: JobView) -> int:
    """The iteration at which the training ends by itself."""
    value = settings_of(job).get("iterations")
    return value if isinstance(value, int) else DEFAULTS.iterations


def progress_line(job: JobView, curve: Curve) -> Line:
    """`training  iteration 41 200  12.3 it/s  3 h 10 to 100 000 (about 14:20)`."""
    line = list(state_line(job, ""))
    iteration = job.snapshot.iteration
    parts = [f"iteration {words.count(iteration)}" if iteration is not None else ""]
    if job.running:
        parts.append(words.rate(curve.rate, "it"))
        limit = job.snapshot.progress.eta_s
        # A limit of time ends a training before its iterations do; then the step's own word holds.
        timed = limit is not None and bool(settings_of(job).get("seconds"))
        left = f"{words.duration(limit)} left"
        parts.append(left if timed else pace(iteration, aim_of(job), curve.rate))
    text = "  ".join(part for part in parts if part)
    return [line[0], f"  {text}", *line[1:]]


def loss_line(curve: Curve) -> Line:
    """`loss A 0.0213  B 0.0245  falling 1.8 % over the last 30 min`."""
    if not curve.points:
        return [""]
    last = curve.points[-1]
    return [
        f"loss A {words.loss(last.loss_a)}  B {words.loss(last.loss_b)}",
        (f"  {curve.trend}" if curve.trend else "", "muted"),
    ]


def model_line(job: JobView, curve: Curve) -> Line:
    """`original, batch 16, 394 faces/s, rate 5e-05, on CPU, saved at 41 000`."""
    settings = settings_of(job)
    batch, rate = batch_of(job), job.metric.get("learning_rate")
    parts = [
        # A begun model goes on as it is, whatever this job's settings name.
        safe_text(str(job.metric.get("model") or settings.get("model", DEFAULTS.model))),
        f"batch {batch}",
        words.rate(2 * batch * curve.rate, "face") if job.running else "",
        f"learning rate {rate:.2g}" if isinstance(rate, float) else "",
        f"on {safe_text(job.snapshot.device)}" if job.snapshot.device else "",
    ]
    saved = job.snapshot.saved_iteration
    parts.append(f"saved at {words.count(saved)}" if saved is not None else "not saved yet")
    return [(", ".join(part for part in parts if part), "muted")]


def nan_line(curve: Curve, job: JobView) -> Line:
    """The banner of a training that went astray."""
    good = [s for s in job.saves if s < (curve.nan_since or 0)]
    save = f"last good save {words.count(good[-1])}" if good else "no good save in this run"
    return [(f"! loss is NaN since iteration {words.count(curve.nan_since)}; {save}", "bad")]


ROOM = Train
