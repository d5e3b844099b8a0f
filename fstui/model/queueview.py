"""All jobs of a workspace as the queue's room shows them: at work, waiting, ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from engine.disk import Usage
from engine.errors import FstuiError
from engine.process import is_locked
from engine.protocol import ENDS, JobFolder, Snapshot
from engine.queue.queue import Item, Queue
from engine.queue.turn import Look, Standing, Turn
from fstui import settings

EVERY_S = 0.5


class QueueGlance(NamedTuple):
    """News of the jobs of a workspace."""

    running: list[tuple[JobFolder, Snapshot]]
    """Newest first."""
    waiting: list[Turn]
    """In order."""
    ended: list[JobFolder]
    """Newest first; what they came to is read when it is looked at."""
    stands_still: bool
    """Nobody let the queue go on since the machine was started."""
    kept: bool
    """Whether a process is there that starts what can start."""
    problem: str = ""
    """Why it can't be told what the waiting ones wait for."""


class KnownQueue(Queue):
    """A queue that is looked at again and again: what can't change any more is read once."""

    def __init__(self, workspace: Path) -> None:
        super().__init__(workspace)
        self.folders: list[JobFolder] = []
        """Every job, as of the last `refresh`."""
        self._settled: dict[Path, Item] = {}
        self._never_queued: set[Path] = set()

    def refresh(self) -> None:
        """Look which jobs there are."""
        self.folders = list(super().jobs())

    def jobs(self) -> list[JobFolder]:  # type: ignore[override]  # a list is iterated as well
        """Every job of the last `refresh`."""
        return self.folders

    def items(self) -> list[Item]:
        """As `Queue.items`, from memory where a job is settled or was never queued."""
        found = []
        for folder in self.folders:
            if folder.path in self._never_queued:
                continue
            item = self._settled.get(folder.path) or self._read(folder)
            if item is not None:
                found.append(item)
        return self.in_order(found)

    def _read(self, folder: JobFolder) -> Item | None:
        if not folder.was_queued:
            self._never_queued.add(folder.path)
            return None
        item = self.item(folder)
        if item.entry.settled:
            self._settled[folder.path] = item
        return item


class Jobs:
    """Looks at the jobs of a workspace; told only what changed. For the tail's thread."""

    def __init__(self, workspace: Path, every_s: float = EVERY_S) -> None:
        self.queue = KnownQueue(workspace)
        self._usage = Usage(self.queue.workspace)
        self._every_s = every_s
        self._ended: set[Path] = set()
        self._last: object = None
        """What was told last, as it compares."""
        self._due = 0.0

    def __call__(self) -> QueueGlance | None:
        """News, or None; asked more often than every half second it doesn't look."""
        if time.monotonic() < self._due:
            return None
        now = self.look()
        self._due = time.monotonic() + self._every_s
        seen = _seen(now)
        if seen == self._last:
            return None
        self._last = seen
        return now

    def look(self) -> QueueGlance:
        """All jobs as they are now."""
        self.queue.refresh()
        folders = sorted(self.queue.folders, key=lambda f: f.name, reverse=True)
        if self._last is None and len(folders) > MANY:
            # The first look reads each job: until then what is there is shown by its name.
            self._last = ()
            return QueueGlance([], [], folders, False, False, "looking at the newest jobs ...")
        running = []
        for folder in folders:
            if folder.path in self._ended or folder.never_began:
                continue
            now = folder.current()
            if now.state in ENDS:
                self._ended.add(folder.path)
            else:
                running.append((folder, now))
        turns, problem = self._turns()
        waits = {turn.item.name for turn in turns} | {f.name for f, _ in running}
        ended = [f for f in folders if f.name not in waits]
        still = any(turn.standing is Standing.STILL for turn in turns)
        kept = is_locked(self.queue.keeper_lock)
        return QueueGlance(running, turns, ended, still, kept, problem)

    def _turns(self) -> tuple[list[Turn], str]:
        try:
            return Look(self.queue, settings.load(), self._usage).turns(), ""
        except (FstuiError, OSError) as error:
            return [], str(error)


def _seen(glance: QueueGlance) -> object:
    """What makes a difference on the screen; a heartbeat makes none."""
    return (
        [(f.name, msgspec.structs.replace(s, heartbeat=0.0)) for f, s in glance.running],
        [(t.item.name, t.item.entry, t.standing, t.why) for t in glance.waiting],
        [f.name for f in glance.ended],
        glance[3:],
    )


MANY = 500
"""Jobs above which the first look shows names first."""


def of_queue(workspace: Path) -> Callable[[], QueueGlance | None]:
    """A question for `Tail.also`."""
    return Jobs(workspace)
