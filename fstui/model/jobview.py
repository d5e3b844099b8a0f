"""One job as rooms show it: everything that the tail told so far, and its state in words."""

from __future__ import annotations

import re
import time
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import msgspec

from engine.eventlog import Event
from engine.protocol import ENDS, STALLED_S, Job, JobFolder, Progress, Snapshot, State, safe_text
from fstui.i18n import later, tr
from fstui.widgets.words import clip

from . import jobs, words
from .logtext import LogText
from .tail import FIGURES, JobUpdate, Preview

EVENTS_KEPT = 2000
PREVIEWS_KEPT = 40
NOTICE = 80
"""Characters of good news: two lines of a narrow terminal."""
KILL_AFTER_S = 20.0
"""How long a stop may take before killing is offered."""
DOING = {
    "extract": later("extracting"),
    "train": later("training"),
    "convert": later("converting"),
    "watch": later("watching"),
}
PHASES = (
    later("loading the engine"),
    later("importing TensorFlow"),
    later("building the model"),
    later("compiling"),
    later("loading the model"),
    later("loading the models"),
    later("finding the learning rate"),
    later("saving"),
    later("preparing the faces of side A"),
    later("preparing the faces of side B"),
    later("telling people apart"),
    later("smoothing points over time"),
    later("making faces anew"),
    later("making what faces lack"),
    later("looking at the colours"),
    later("converting"),
    later("joining"),
    later("measuring the result"),
    later("reading the file"),
    later("waiting for looks"),
)
"""What the engine calls its silent phases, as far as they can be translated."""


@dataclass
class JobView:
    """A job's folder, its latest state and what it said, seen from one of its stages."""

    folder: JobFolder
    job: Job
    stage: str
    snapshot: Snapshot
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=EVENTS_KEPT))
    events_dropped: int = 0
    """Events that were let go at the front: row numbers count on from here."""
    log: LogText = field(default_factory=LogText)
    previews: deque[Preview] = field(default_factory=lambda: deque(maxlen=PREVIEWS_KEPT))
    stop_asked: float | None = None
    """Monotonic time when this interface asked it to stop."""
    results: list[str] = field(default_factory=list)
    """The sentences with which the stage's own steps ended."""
    progress: Progress = field(default_factory=Progress)
    """How far the stage's own steps came."""
    figures: dict[str, Any] = field(default_factory=dict)
    """What else the newest progress of the stage's steps told: faces, rejections."""
    metric: dict[str, Any] = field(default_factory=dict)
    """The newest figures of a training: learning rate, batch."""
    changed: dict[str, Any] = field(default_factory=dict)
    """Settings that were changed while it ran."""
    _at: str = ""
    """The stage of the step whose events are being read."""

    @classmethod
    def begin(cls, update: JobUpdate) -> JobView:
        """The view of a job that is seen for the first time."""
        view = cls(update.folder, update.job, update.stage, update.snapshot)
        view.apply(update)
        return view

    def apply(self, update: JobUpdate) -> None:
        """Take in what is new."""
        # A copy: the tail's thread goes on comparing with its own.
        self.snapshot = msgspec.structs.replace(update.snapshot)
        told = [e for e in update.events if e.k not in FIGURES]
        self.events_dropped += max(0, len(self.events) + len(told) - EVENTS_KEPT)
        self.events.extend(told)
        self.log.add(update.lines)
        self.previews.extend(update.previews)
        for event in update.events:
            self._take(event)
        if self.snapshot.stage == self.stage:
            self.progress = self.snapshot.progress

    def _take(self, event: Event) -> None:
        # The snapshot is a second old at most; figures of events are newer.
        if event.k == "metric" and isinstance(event.data.get("iteration"), int):
            self.snapshot.iteration = event.data["iteration"]
            self.metric = event.data
        elif event.k == "progress" and self._at == self.stage:
            self.figures = event.data
        elif event.k == "change" and isinstance(event.data.get("settings"), dict):
            self.changed |= event.data["settings"]
        elif event.k == "step":
            self._at = str(event.data.get("stage", ""))
        elif event.k == "step-end" and self._at == self.stage:
            self.results.append(str(event.data.get("message", "")))

    @property
    def over(self) -> bool:
        """Whether the job went on from its stage to another one."""
        mine = [i for i, step in enumerate(self.job.steps) if step.stage == self.stage]
        return bool(mine) and self.snapshot.step > mine[-1]

    def alone(self) -> JobView:
        """The job as its stage's own room shows it: what comes after that stage is left out."""
        if not self.over:
            return self
        own = msgspec.structs.replace(
            self.snapshot,
            state=State.DONE,
            stage=self.stage,
            phase="",
            progress=self.progress,
            message="; ".join(self.results),
            last_warning="",
        )
        return replace(self, snapshot=own, stop_asked=None)

    @property
    def running(self) -> bool:
        """Whether the job has not come to an end."""
        return self.snapshot.state not in ENDS

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop and hasn't ended."""
        asked = self.stop_asked is not None or self.snapshot.state is State.STOPPING
        return self.running and asked

    def may_kill(self, now: float | None = None) -> bool:
        """Whether a stop was asked for long enough ago to offer killing it."""
        if not self.stopping or self.stop_asked is None:
            return False
        return (time.monotonic() if now is None else now) - self.stop_asked >= KILL_AFTER_S

    def resumable(self) -> bool:
        """Whether starting again goes on from what this job left."""
        return not self.running and not self.over and jobs.goes_on(self.snapshot)

    @property
    def broke(self) -> bool:
        """Whether it ended in a way whose reason should be read."""
        return self.snapshot.state in (State.FAILED, State.CRASHED, State.REFUSED)

    @property
    def saves(self) -> list[int]:
        """Iterations of its checkpoints."""
        return [e.data["iteration"] for e in self.events if e.k == "save"]

    def shown(self) -> Snapshot:
        """The snapshot with what the engine has not said yet: that it was asked to stop."""
        if self.stopping:
            return msgspec.structs.replace(self.snapshot, state=State.STOPPING)
        return self.snapshot

    def farewell(self) -> str:
        """What to say when it ends."""
        message = safe_text(self.snapshot.message)
        told = tr("{state}: {more}")
        return told.format(state=self.words(), more=message) if message else self.words()

    def notice(self) -> str:
        """The same for a notice over the room: of good news its beginning is enough."""
        text = self.farewell()
        good = self.snapshot.state is State.DONE
        return clip(text, NOTICE) if good else text

    def severity(self) -> Literal["information", "warning", "error"]:
        """How serious that is."""
        if self.broke:
            return "error"
        return "information" if self.snapshot.state is State.DONE else "warning"

    def words(self, now: float | None = None) -> str:
        """The state in a few words."""
        return tr("stopping (saving)") if self.stopping else state_words(self.snapshot, now)


def state_words(s: Snapshot, now: float | None = None) -> str:
    """A job's state in a few words; a word, never a colour alone."""
    if s.state is State.INTERRUPTED and s.iteration is not None:
        return tr("interrupted at iteration {n}").format(n=words.count(s.iteration))
    return brief_words(s, now)


def brief_words(s: Snapshot, now: float | None = None) -> str:
    """The same without the iteration."""
    state, more = state_parts(s, now)
    return tr("{state}: {more}").format(state=state, more=more) if more else state


def state_parts(s: Snapshot, now: float | None = None) -> tuple[str, str]:
    """The state in a word or two, and what more there is to it: `training`, `compiling, 15 s`."""
    now = time.time() if now is None else now
    if stalled(s, now):
        silent = words.duration(now - s.heartbeat)
        return tr("stalled"), tr("silent for {time}").format(time=silent)
    match s.state:
        case State.STOPPING:
            return tr("stopping (saving)"), ""
        case State.CRASHED:
            hit = re.search(r"signal \d+|exit code \d+", s.message)
            return tr("crashed ({how})").format(how=hit[0]) if hit else tr("crashed"), ""
        case State.RUNNING:
            return _doing(s, now)
        case State.WAITING:
            return tr("waiting for a free device"), ""
    return tr(str(s.state)), ""


def stalled(s: Snapshot, now: float) -> bool:
    """Whether a running job said nothing for a minute outside a phase known to be silent."""
    silent_s = now - s.heartbeat if s.heartbeat else 0.0
    return s.state is State.RUNNING and not s.phase and silent_s > STALLED_S


def _doing(s: Snapshot, now: float) -> tuple[str, str]:
    doing = tr(DOING.get(s.stage, s.stage or "starting"))
    if s.side:
        doing += f" {s.side.upper() if len(s.side) == 1 else s.side}"
    if not s.phase:
        return doing, ""
    # Steps of five seconds: a clock that ticks each second would be repainted each second.
    since = max(0, int(now - (s.phase_since or now))) // 5 * 5
    return doing, tr(s.phase) + (f", {words.duration(since)}" if since >= 5 else "")


def progress_words(s: Snapshot) -> str:
    """How far a job is: `iteration 41 200`, `38 %`, `120 frames`."""
    if s.iteration is not None:
        return tr("iteration {n}").format(n=words.count(s.iteration))
    if s.progress.total:
        return f"{100 * s.progress.done // s.progress.total} %"
    return words.plural(s.progress.done, s.progress.unit) if s.progress.done else ""
