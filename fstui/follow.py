"""Follow a job in a terminal or a log to its end: what attaching commands show."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable
from shlex import quote
from types import FrameType, TracebackType
from typing import Any, Protocol

from engine.errors import Exit
from engine.eventlog import Event
from engine.protocol import ENDS, JobFolder, Snapshot, State, safe_text
from fstui.called import with_program
from fstui.commands.shared import say
from fstui.model import words
from fstui.model.eventwords import event_words

LOOK_S = 0.2
LINE_INTERVAL_S = 5.0
"""Plain output says how far the job is at most this often."""
SAID = frozenset(
    {
        "step",
        "warn",
        "estimate",
        "trial",
        "finder",
        "save",
        "arrival",
        "launch",
        "run",
        "rejected",
        "rejections",
        "jitter",
        "flicker",
        "kept",
    }
)
"""Events that get a line; the others move the bar or are said at the end."""


class Interrupts:
    """Counts Ctrl-C for as long as it is entered, instead of ending the program."""

    def __init__(self) -> None:
        self.count = 0
        self._before: Any = None

    def __enter__(self) -> Interrupts:
        self._before = signal.signal(signal.SIGINT, self._receive)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1


class View(Protocol):
    """Shows a job's progress."""

    def show(self, snapshot: Snapshot) -> None:
        """Show how far it is."""

    def line(self, text: str) -> None:
        """Say something that stays."""

    def close(self) -> None:
        """Leave the terminal as it was."""


def start_and_follow(args: argparse.Namespace, start: Callable[[], JobFolder]) -> int:
    """Start a job and follow it, or only name it under `--detach` or where it was queued."""
    with Interrupts() as interrupts:
        folder = start()
        name = quote(folder.project.name)
        if folder.was_queued:
            say(
                f"{folder.name} is in the queue: 'queue list' shows it, 'wait {name}' waits for "
                "its end."
            )
            return int(Exit.DONE)
        if args.detach:
            say(f"{folder.name} runs by itself: 'attach {name}' follows it.")
            return int(Exit.DONE)
        resumes = folder.job().resumes
        if resumes:
            say(f"Going on from {resumes}.")
        return follow(folder, interrupts)


def follow(folder: JobFolder, interrupts: Interrupts, offset: int = 0) -> int:
    """Show a job until its end, from a byte of its events on; the exit code is the job's.

    The first Ctrl-C asks it to save and stop, the second one leaves it to finish that alone.
    """
    view: View = Bars() if sys.stdout.isatty() else Lines()
    heeded = 0
    result = ""
    try:
        while True:
            snapshot = folder.current()
            events, offset = folder.events(offset)
            for event in events:
                if event.k == "step" and result:
                    view.line(result)  # of the step before; the last one's is in the ending
                result = step_result(event) if event.k in ("step", "step-end") else result
                if text := event_line(event):
                    view.line(text)
            if snapshot.state in ENDS:
                break
            if snapshot.stage or snapshot.state is State.WAITING:  # else no step has begun
                view.show(snapshot)
            if interrupts.count > heeded:
                heeded += 1
                if heeded > 1:
                    view.close()
                    say(
                        f"Left {folder.name} to stop by itself: 'attach "
                        f"{quote(folder.project.name)}' shows when it has."
                    )
                    return int(Exit.STOPPED)
                folder.send("stop")
                view.line("Stopping: it saves first. Ctrl-C again leaves it to that.")
            time.sleep(LOOK_S)
    finally:
        view.close()
    return ending(folder, snapshot)


def ending(folder: JobFolder, snapshot: Snapshot) -> int:
    """Say how a job ended; its exit code."""
    code = snapshot.exit if snapshot.exit is not None else int(Exit.CRASHED)
    message = safe_text(snapshot.message) or str(snapshot.state)
    if code == Exit.DONE:
        say(message)
        return code
    log = f" ({folder.log_path})" if snapshot.state is State.CRASHED else ""
    words = f"fstui: {snapshot.kind} {snapshot.state}: {with_program(message)}{safe_text(log)}"
    print(words, file=sys.stderr)
    return code


def step_result(event: Event) -> str:
    """What a step that ended well came to."""
    if event.k != "step-end" or event.data.get("exit") != Exit.DONE:
        return ""
    return str(event.data.get("message", ""))


def event_line(event: Event) -> str:
    """An event in words; empty for figures and for the end, which is said apart."""
    return event_words(event) if event.k in SAID else ""


def step_words(s: Snapshot) -> str:
    """`extract a`, with the step's number where there are several."""
    name = f"{s.stage or s.kind} {s.side or ''}".strip()
    return f"{name} ({s.step + 1}/{s.steps})" if s.steps > 1 else name


def pace_words(s: Snapshot) -> str:
    """How far a job is: phase or figures, rate, time left."""
    if s.state not in (State.RUNNING, State.STOPPING):
        return str(s.state)
    parts = ["stopping"] if s.state is State.STOPPING else []
    if s.phase:
        parts.append(s.phase)
    elif s.progress.total or s.progress.done:
        total = f"/{s.progress.total}" if s.progress.total else ""
        parts.append(f"{s.progress.done}{total} {s.progress.unit}s")
        if s.progress.unit != "second":
            parts.append(words.rate(s.progress.rate, s.progress.unit))
        if s.progress.eta_s is not None:
            parts.append(f"{words.duration(s.progress.eta_s)} left")
    if s.iteration is not None and s.progress.unit != "iteration":
        parts.append(f"iteration {s.iteration}")
    if s.loss_a is not None and s.loss_b is not None:
        parts.append(f"loss {s.loss_a:.4f} {s.loss_b:.4f}")
    return ", ".join(p for p in parts if p)


class Lines:
    """Plain lines for a log: a step's name when it changes, then at most one in five seconds."""

    def __init__(self) -> None:
        self._last = 0.0
        self._text = ""

    def show(self, snapshot: Snapshot) -> None:
        """Say how far it is if that is due and differs from the last time."""
        text = f"{step_words(snapshot)}: {pace_words(snapshot)}"
        now = time.monotonic()
        if text != self._text and now - self._last >= LINE_INTERVAL_S:
            self._last, self._text = now, text
            self.line(text)

    def line(self, text: str) -> None:
        """One line with the time of day."""
        say(f"{time.strftime('%H:%M:%S')} {text}")

    def close(self) -> None:
        """Nothing to restore."""


class Bars:
    """A progress bar of rich on the terminal's last line."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(30),
            TextColumn("{task.fields[words]}", markup=False),
            transient=True,
            refresh_per_second=4,
        )
        self._task = self._bars.add_task("", total=None, words="")
        self._bars.start()

    def show(self, snapshot: Snapshot) -> None:
        """Move the bar."""
        progress = snapshot.progress
        self._bars.update(
            self._task,
            description=safe_text(step_words(snapshot)),
            completed=0 if snapshot.phase else progress.done,
            total=None if snapshot.phase else progress.total,
            words=safe_text(pace_words(snapshot)),
        )

    def line(self, text: str) -> None:
        """A line above the bar."""
        self._bars.console.print(safe_text(with_program(text)), markup=False, highlight=False)

    def close(self) -> None:
        """Give the cursor back; harmless when done twice."""
        self._bars.stop()
