"""A room about one stage: its facts, its pictures, and what went wrong if it broke."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from textual.widget import Widget

from engine.protocol import safe_text
from fstui import keymap
from fstui.i18n import later, tr
from fstui.model import words
from fstui.model.jobview import JobView
from fstui.model.overview import Overview, Stage
from fstui.rooms.lines import Line, Lines
from fstui.rooms.previews import Previews
from fstui.rooms.room import Room
from fstui.widgets.progress import Progress
from fstui.widgets.rows import Tone

LOG_LINES = 20
"""Lines of the log that a crash shows."""
WAYS = {
    "add": ("project", "add"),
    "people": ("project", "people"),
    "extract": ("faces", "start"),
    "train": ("train", "start"),
    "convert": ("convert", "start"),
}
"""The room where what the overview's command says is done, and the action there."""


class StageRoom(Room):
    """Facts on top, the newest picture below; a crash shows its sentence and the log's end."""

    no_picture: ClassVar[str] = later("No picture yet.")
    BINDINGS: ClassVar[list[Any]] = keymap.bindings("earlier", "later", "full")

    def body(self) -> Iterable[Widget]:
        """Facts, progress, picture, and the ending in its place."""
        yield Lines(id="facts", wrap=True)
        yield Progress(id="progress")
        yield self.previews()
        yield Lines(id="ending", wrap=True, bottom=True)

    def previews(self) -> Previews:
        """The pane of pictures."""
        every_s = self.studio.session.settings.preview_every_s
        return Previews(every_s=every_s, empty=tr(self.no_picture), id="picture")

    def asks(self) -> tuple[Callable[[], object | None], ...]:
        """Counts of the project."""
        looks = self.studio.session.looks
        return (looks,) if looks else ()

    def facts(self, job: JobView | None) -> list[Line]:
        """The room's lines."""
        raise NotImplementedError

    def show(self) -> None:
        """Facts, progress, picture or ending."""
        job = self.job.alone() if self.job else None
        self.query_one("#facts", Lines).show(self.facts(job))
        self.set_class(job is not None and job.broke, "-broke")
        if job is None:
            self.query_one(Previews).offer((), False)
            for bar in self.query(Progress):
                bar.show(0, None)
            return
        for bar in self.query(Progress):
            bar.show(job.snapshot.progress.done, job.snapshot.progress.total)
        if job.broke:
            self.query_one("#ending", Lines).show(ending(job))
        else:
            self.query_one(Previews).offer(job.previews, job.running)

    def tells(self, job: JobView) -> bool:
        """A stage's room says how its own job ended."""
        return job.stage == self.stage and not self.frozen

    def keys_depend_on(self) -> tuple[object, ...]:
        """Whether the stage has what it needs, beside the job."""
        return (*super().keys_depend_on(), lacks(self.studio.session.overview, self.stage))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What the stage needs must be there to begin; there must be something to go back to."""
        lacking = self.job is None and lacks(self.studio.session.overview, self.stage)
        if action == "start" and lacking:
            return False
        if action in ("earlier", "later"):
            job = self.job.alone() if self.job else None
            return job is not None and len(job.previews) > 1 and not job.broke
        if action == "full":
            return any(pane.path for pane in self.query(Previews))
        return super().check_action(action, parameters)

    def action_full(self) -> None:
        """The picture at full resolution, outside the workbench."""
        path = self.query_one(Previews).largest
        if path is None:
            return
        from fstui.rooms.full import suspended

        self.attempt(lambda: suspended(self.app, path))

    def action_earlier(self) -> None:
        """The picture before."""
        self.query_one(Previews).step(-1)

    def action_later(self) -> None:
        """The picture after."""
        self.query_one(Previews).step(1)


def state_line(job: JobView | None, idle: str) -> Line:
    """The job's state in words, or what to do where there is none."""
    if job is None:
        return [(idle, "muted")]
    tone: Tone = "bad" if job.broke else "good" if job.running else ""
    warning = safe_text(job.snapshot.last_warning)
    more = f"  ! {warning}" if warning else ""
    return [(job.words(), tone), (more, "warn")]


def stage_words(overview: Overview | None, name: str) -> str:
    """What the overview says of a stage: what it has, or what it needs and the keys to it."""
    stage = stage_of(overview, name)
    if overview is None or stage is None:
        return "..."
    if stage.state == "ready":
        start = tr("press {key}").format(key=keymap.named("start"))
        return f"{stage.words}: {start}" if stage.words else start
    due = stage if stage.command else overview.next
    verb = due.command.split(" ")[0] if due else ""
    if stage.state != "needs" or verb not in WAYS:
        return stage.words
    room, act = map(keymap.named, WAYS[verb])
    told = tr("{words}: press {room}, then {key}")
    return told.format(words=stage.words, room=room, key=act)


def stage_of(overview: Overview | None, name: str) -> Stage | None:
    """A stage of the overview; None before the first look."""
    return next((s for s in overview.stages if s.name == name), None) if overview else None


def lacks(overview: Overview | None, name: str) -> bool:
    """Whether it is known that a stage can't be started yet."""
    stage = stage_of(overview, name)
    return stage is not None and stage.state == "needs"


def message_line(job: JobView) -> Line:
    """What the job said at its end."""
    return [(safe_text(job.snapshot.message), "muted")]


def message_lines(job: JobView) -> list[Line]:
    """The same under what a job of a stage's own room made; of one that broke `ending` says it."""
    return [] if job.broke else [message_line(job)]


def pace_line(job: JobView) -> Line:
    """`120 of 400 frames, 12.3 frame/s, 3 min left`."""
    p = job.snapshot.progress
    parts = [words.reached(p.done, p.total, p.unit)]
    if job.running:
        parts.append(words.rate(p.rate, p.unit))
        if p.eta_s is not None:
            parts.append(tr("{time} left").format(time=words.duration(p.eta_s)))
    return [", ".join(part for part in parts if part)]


def ending(job: JobView) -> list[Line]:
    """Why it broke, and the last lines of its log."""
    lines: list[Line] = [[(f"{job.words()}: {safe_text(job.snapshot.message)}", "bad")]]
    if job.resumable():
        again = tr("s starts it again from what was saved; 5 shows the whole log.")
        lines.append([(again, "accent")])
    lines.append([])
    return lines + [[(line, "muted")] for line in job.log.last(LOG_LINES)]
