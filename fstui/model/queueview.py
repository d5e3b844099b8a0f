"""All jobs of a workspace as the queue's room shows them: at work, waiting, ended."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from engine.disk import Usage
from engine.errors import FstuiError
from engine.process import is_locked
from engine.protocol import ENDS, JobFolder, Snapshot
from engine.queue.queue import Item, Queue
from engine.queue.turn import Look, Standing, Turn
from engine.workspace import projects_of
from fstui import settings
from fstui.model.joblist import JobList, SeenJob
from fstui.model.jobview import JobView, state_words
from fstui.model.told import Told

EVERY_S = 0.5
PAUSE_S = 10.0
"""Looks so far apart are two visits of the room."""
READS_S = 0.08
"""The most that one look spends on jobs which nobody has read yet; the first look a quarter of it,
for what is seen at once."""


class QueueGlance(NamedTuple):
    """News of the jobs of a workspace."""

    running: list[tuple[JobFolder, Snapshot]]
    """Newest first."""
    waiting: list[Turn]
    """In order."""
    ended: list[tuple[JobFolder, Snapshot | None]]
    """Newest first; None for one that isn't read yet, which may still run or wait."""
    just_ended: list[JobView]
    """Those that were at work when it was looked last, a moment ago."""
    stands_still: bool
    """Nobody let the queue go on since the machine was started."""
    kept: bool
    """Whether a process is there that starts what can start."""
    unread: int = 0
    """How many are not read yet."""
    problem: str = ""
    """Why it can't be told what the waiting ones wait for."""


class KnownQueue(Queue):
    """A queue that is looked at again and again: what can't change any more is read once."""

    def __init__(self, workspace: Path) -> None:
        super().__init__(workspace)
        self.unread: list[SeenJob] = []
        """Jobs that `read` has still to look at, the newest last."""
        self._read: list[SeenJob] = []
        self._lists: dict[Path, JobList[SeenJob]] = {}
        """By project."""
        self._settled: dict[SeenJob, Item | None] = {}
        """None for one that was never queued."""

    def refresh(self) -> None:
        """List the jobs that there are now."""
        known, self._lists = self._lists, {}
        for project in projects_of(self.workspace):
            self._lists[project] = known.get(project) or JobList(project, SeenJob)
        changed = [jobs.look() for jobs in self._lists.values()]
        if not any(changed) and known == self._lists:
            return
        there = {job for jobs in self._lists.values() for job in jobs.folders}
        self._read = [job for job in self._read if job in there]
        new = there.difference(self._read)
        self.unread = sorted(new, key=lambda job: job.name)
        self._settled = {job: item for job, item in self._settled.items() if job in there}

    def read(self, seconds: float) -> None:
        """Look at jobs that nobody has looked at yet, the newest first, for about so long."""
        until = time.monotonic() + seconds
        while self.unread and time.monotonic() < until:
            job = self.unread.pop()
            job.current()
            self._read.append(job)

    def jobs(self) -> list[SeenJob]:  # type: ignore[override]  # a list is iterated as well
        """Every job that was read."""
        return self._read

    def items(self) -> list[Item]:
        """As `Queue.items`, from memory where a job is settled or was never queued."""
        found = [self._settled[j] if j in self._settled else self._item(j) for j in self._read]
        return self.in_order([item for item in found if item is not None])

    def _item(self, job: SeenJob) -> Item | None:
        item = self.item(job) if job.was_queued else None
        if item is None or item.entry.settled:
            self._settled[job] = item
        return item


class Jobs(Told[QueueGlance]):
    """Looks at the jobs of a workspace; told only what changed. For the tail's thread."""

    def __init__(self, workspace: Path, every_s: float = EVERY_S, reads_s: float = READS_S) -> None:
        # A look is short: it reads for a while at most, and the rest is to come soon.
        super().__init__(self.look, every_s, seen=_seen, share=math.inf)
        self.workspace = workspace
        self.queue = KnownQueue(workspace)
        self._usage = Usage(self.queue.workspace)
        self._reads_s = reads_s
        self._at_work: set[JobFolder] = set()
        self._looked = 0.0
        """Monotonic time of the last look."""

    def look(self) -> QueueGlance:
        """All jobs as they are now; of many the oldest ones are read in later looks."""
        self.queue.refresh()
        self.queue.read(self._reads_s if self._last else self._reads_s / 4)
        turns, problem = self._turns()
        waits = {turn.item.folder.path for turn in turns}
        running: list[tuple[JobFolder, Snapshot]] = []
        ended: list[tuple[JobFolder, Snapshot | None]] = [(job, None) for job in self.queue.unread]
        for job in self.queue.jobs():
            now = job.current()
            if now.state in ENDS:
                ended.append((job, now))
            elif job.path not in waits:
                running.append((job, now))
        for found in (running, ended):
            found.sort(key=_name, reverse=True)
        just_ended = self._ends(ended)
        self._at_work, self._looked = {job for job, _ in running}, time.monotonic()
        still = any(turn.standing is Standing.STILL for turn in turns)
        kept = is_locked(self.queue.keeper_lock)
        unread = len(self.queue.unread)
        return QueueGlance(running, turns, ended, just_ended, still, kept, unread, problem)

    def _ends(self, ended: list[tuple[JobFolder, Snapshot | None]]) -> list[JobView]:
        """Jobs that ended since the last look; none after a pause, when that is no news."""
        if not self._at_work or time.monotonic() - self._looked > PAUSE_S:
            return []
        found = []
        for job, now in ended:
            if now is not None and job in self._at_work:
                with suppress(FstuiError):  # the list tells of a damaged one
                    found.append(JobView(job, job.job(), now.stage or job.kind, now))
        return found

    def _turns(self) -> tuple[list[Turn], str]:
        try:
            return Look(self.queue, settings.load(), self._usage).turns(), ""
        except (FstuiError, OSError) as error:
            return [], str(error)


def _name(found: tuple[JobFolder, object]) -> str:
    return found[0].name


def _seen(glance: QueueGlance) -> object:
    """What makes a difference on the screen; a heartbeat makes none, a silence
    of a minute does."""
    return (
        [
            (f.path, msgspec.structs.replace(s, heartbeat=0.0), state_words(s))
            for f, s in glance.running
        ],
        [(t.item.folder.path, t.item.entry, t.standing, t.why) for t in glance.waiting],
        [f.path for f, _ in glance.ended],
        glance[4:],
    )
