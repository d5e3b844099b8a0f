"""One job as rooms show it: everything that the tail told so far, and its state in words."""

from __future__ import annotations

import re
import time
from collections import deque
from dataclasses import dataclass, field

from engine.protocol import ENDS, STALLED_S, Event, Job, JobFolder, Snapshot, State

from . import words
from .tail import JobUpdate, Preview

EVENTS_KEPT = 2000
LINES_KEPT = 10_000
PREVIEWS_KEPT = 40
KILL_AFTER_S = 20.0
"""How long a stop may take before killing is offered."""
UNSEEN = frozenset({"progress", "metric", "heartbeat", "frame"})
"""Events that are figures; the log shows what happened."""
DOING = {"extract": "extracting", "train": "training", "convert": "converting", "watch": "watching"}


@dataclass
class JobView:
    """A job's folder, its latest state and what it said."""

    folder: JobFolder
    job: Job
    stage: str
    snapshot: Snapshot
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=EVENTS_KEPT))
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))
    previews: deque[Preview] = field(default_factory=lambda: deque(maxlen=PREVIEWS_KEPT))
    stop_asked: float | None = None
    """Monotonic time when this interface asked it to stop."""

    @classmethod
    def begin(cls, update: JobUpdate) -> JobView:
        """The view of a job that is seen for the first time."""
        view = cls(update.folder, update.job, update.stage, update.snapshot)
        view.apply(update)
        return view

    def apply(self, update: JobUpdate) -> None:
        """Take in what is new."""
        self.snapshot = update.snapshot
        self.events.extend(e for e in update.events if e.k not in UNSEEN)
        self.lines.extend(update.lines)
        self.previews.extend(update.previews)
        for event in update.events:
            # The snapshot is a second old at most; figures of events are newer.
            if event.k == "metric" and isinstance(event.data.get("iteration"), int):
                self.snapshot.iteration = event.data["iteration"]

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

    def stalled(self, now: float | None = None) -> bool:
        """Whether a running job said nothing for a minute outside a phase known to be silent."""
        s = self.snapshot
        quiet = (time.time() if now is None else now) - s.heartbeat
        return s.state is State.RUNNING and not s.phase and s.heartbeat > 0 and quiet > STALLED_S

    def resumable(self) -> bool:
        """Whether starting again goes on from what this job left."""
        ends = (State.STOPPED, State.FAILED, State.CRASHED, State.INTERRUPTED)
        return self.snapshot.state in ends

    def state_words(self, now: float | None = None) -> str:
        """The state in a few words; a word, never a colour alone."""
        s = self.snapshot
        now = time.time() if now is None else now
        if self.stopping:
            return "stopping (saving)"
        if self.stalled(now):
            return f"stalled: silent for {words.duration(now - s.heartbeat)}"
        if s.state is State.CRASHED:
            hit = re.search(r"signal \d+|exit code \d+", s.message)
            return f"crashed ({hit[0]})" if hit else "crashed"
        if s.state is State.INTERRUPTED:
            at = f" at iteration {words.count(s.iteration)}" if s.iteration is not None else ""
            return f"interrupted{at}"
        if s.state is State.RUNNING:
            return self._doing(now)
        if s.state is State.WAITING:
            return "waiting for a free device"
        return str(s.state)

    def _doing(self, now: float) -> str:
        s = self.snapshot
        doing = DOING.get(s.stage, s.stage or "starting")
        if s.side:
            doing += f" {s.side.upper() if len(s.side) == 1 else s.side}"
        if s.phase:
            # Tens of seconds: a clock that ticks each second would be repainted each second.
            since = max(0, int(now - s.phase_since)) // 5 * 5
            return f"{doing}: {s.phase}" + (f", {words.duration(since)}" if since >= 5 else "")
        return doing


def fold_noise(lines: list[str]) -> list[str]:
    """Log lines with runs of TensorFlow's own chatter folded into one line each."""
    out: list[str] = []
    hidden = 0
    for line in [*lines, None]:
        if line is not None and is_noise(line):
            hidden += 1
            continue
        if hidden:
            out.append(f"  ... {words.plural(hidden, 'line')} of TensorFlow's (v shows them)")
            hidden = 0
        if line is not None:
            out.append(line)
    return out


_NOISE = re.compile(
    r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: )?[IWE]\d{0,4} .*\.(cc|cpp|h):\d+\]|"
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] (external/|tensorflow/)|"
    r"^(WARNING: All log messages before absl|To enable the following instructions|"
    r"INFO: Created TensorFlow Lite)"
)


def is_noise(line: str) -> bool:
    """Whether a line comes from the C++ side of TensorFlow and says nothing about the job."""
    return bool(_NOISE.match(line))
