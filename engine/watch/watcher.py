"""The step of a watching job: footage that arrives becomes a source of its side.

A file counts once its writer closed or renamed it, it stood still for a while and can be read to
its end. What became of it is written into the project's `arrivals.json`, and recipes go on from
there.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.cancel import Cancelled, cancelled_by, stop_if_cancelled
from engine.errors import BadInput, FstuiError, Stopped, from_os_error
from engine.locks import PROJECT_LOCKS
from engine.process import is_locked
from engine.project import Project
from engine.protocol import JobFolder
from engine.report import Reporter
from engine.settings import WatchSettings
from engine.watch import observe
from engine.watch.arrivals import Arrivals
from engine.watch.ledger import Ledger
from engine.watch.looking import Folders
from engine.watch.runs import Runs
from engine.watch.settle import Settler
from engine.work import Work

LOOK_S = 0.2
"""Commands are looked at this often."""
TICK_S = 1.0
"""Recipes and their jobs are looked at this often."""
LOOK_ANYWAY_S = 10.0
"""The kernel drops notices when too many come at once: look at least this often."""


def run(work: Work) -> str:
    """Watch until asked to stop. Raises `Stopped` then, so that the job can be gone on with."""
    watcher = Watcher(work)
    try:
        with suppress(Cancelled), cancelled_by(watcher.is_over):
            watcher.loop()
    finally:
        watcher.eyes.close()
    arrivals = watcher.arrivals
    raise Stopped(
        f"stopped watching {work.project.name}; {arrivals.taken} taken in, {arrivals.refused} "
        "refused"
    )


class PatientReporter(Reporter):
    """Tells what it can: a disk that is full, or doesn't answer, ends no watching."""

    def event(self, kind: str, /, **data: Any) -> None:
        """Append an event where there is room for it."""
        with suppress(OSError):
            super().event(kind, **data)


class Watcher:
    """Looks when something changed or is arriving, and lets recipes go on."""

    def __init__(self, work: Work) -> None:
        self.report = PatientReporter(work.folder)
        self.work = work = replace(work, report=self.report)
        self.settings = work.settings(WatchSettings)
        self.notices = observe.Notices()
        self.eyes = observe.Eyes(self.notices, polling=self.settings.polling)
        self.folders = Folders(work.project)
        ledger = Ledger(work.project)
        self.runs = Runs(work.project.path, ledger, self.report)
        settler = Settler(self.settings.settle_s, self.settings.patience_s)
        self.arrivals = Arrivals(work, self.settings, ledger, settler, self.runs)
        self._warned: set[str] = set()
        self._began = self._extracting = self._reopened = False
        self._next_look = self._next_anyway = self._next_tick = 0.0

    def loop(self) -> None:
        """Go on until the user asks to stop. Raises `BadInput` when the project has gone."""
        self.folders.make()
        self._passing(self.runs.catch_up)
        self._passing(self.arrivals.ask_again)
        changed = True
        while not self.is_over():
            self.require_project()
            changed = self.step(time.monotonic(), changed)
            changed |= self.notices.wait(LOOK_S)

    def is_over(self) -> bool:
        """Whether the user asks to stop; shows life. Also asked while the engine's own process
        looks into footage, which may take minutes: it is ended then."""
        self.report.heartbeat()
        return self.work.control.stopping

    def step(self, now: float, changed: bool) -> bool:
        """Do what is due at a time (seconds, monotonic); whether a change is still to be seen."""
        due = changed or now >= self._next_anyway or self.arrivals.busy
        if due and now >= self._next_look:
            self._reopened = False
            self._passing(lambda: self._look(now))
            changed = self._reopened  # what came before it heard anything is seen then
            self._next_look = now + min(self.settings.poll_s, self.settings.settle_s)
            polls = self.eyes.polled or self.folders.away
            self._next_anyway = now + (self.settings.poll_s if polls else LOOK_ANYWAY_S)
        if now >= self._next_tick:
            self._next_tick = now + TICK_S
            self._passing(lambda: self.runs.tick(self.arrivals.busy))
            self._look_for_faces()
        return changed

    def _look_for_faces(self) -> None:
        """After an extraction, whoever started it, there may be somebody to compare with."""
        extracting = is_locked(self.work.project.path / "locks" / PROJECT_LOCKS["extract"])
        if self._extracting and not extracting:
            self._passing(self.arrivals.ask_again)
        self._extracting = extracting

    def _look(self, now: float) -> None:
        seen = self.folders.look()
        for folder, why in seen.went.items():
            self.report.warn(f"{folder} can't be watched ({why}): it is looked for again.")
        for folder in seen.came:
            self.report.phase(f"watching {folder} again")
        if seen.came or seen.went or not self._began:
            self._open_eyes()
        self.notices.keep({candidate.path for candidate in seen.candidates})
        if not self._began:
            self.arrivals.catch_up(seen)
            self._began = True
        self.arrivals.note(seen, now)
        self.arrivals.decide(self.notices, now)

    def _open_eyes(self) -> None:
        self.eyes.open(self.folders.there)
        how = self.eyes.words(self.settings.poll_s)
        self.report.phase(f"watching {how}")
        self._reopened = True
        if self.eyes.trouble:
            self._warn(f"New footage is found {how}.")

    def _passing(self, act: Callable[[], None]) -> None:
        """Do something. What is wrong with footage is dealt with in there; trouble that comes out
        is the project's or the machine's (project.toml is held by another program or half edited,
        the disk is full, a drive doesn't answer): it is told once and left for the next time."""
        try:
            act()
        except (FstuiError, OSError) as error:
            stop_if_cancelled()  # a shutdown ends the engine's process too: that is no trouble
            if isinstance(error, OSError):
                error = from_os_error(
                    error, f"working on {error.filename or self.work.project.path}"
                )
            self._warn(f"{error} Footage that arrives meanwhile is tried again.")

    def _warn(self, text: str) -> None:
        """Warn of something once; of a full disk, once there is room for the words."""
        if text not in self._warned:
            with suppress(OSError):
                self.work.folder.append("warn", text=text)
                self._warned.add(text)

    def require_project(self) -> None:
        """Raise `BadInput` when the project lies no longer where it did; the words also reach the
        job's folder where that is now, which this process's own folder has moved with."""
        project = self.work.project
        try:
            if project.path.is_dir():
                return
        except OSError:
            return  # a drive that doesn't answer says nothing
        try:
            there = Project.open(Path.cwd())
        except (FstuiError, OSError) as error:
            raise BadInput(f"The project {project.path} is gone: nothing is watched.") from error
        words = (
            f"The project was moved to {there.path} while it was watched: 'watch {there.typed}' "
            "watches it there."
        )
        JobFolder(there.path / "jobs" / self.work.folder.name).append("warn", text=words)
        raise BadInput(words)
