"""Whose turn it is: for each job that waits, why it can't start now, or that it can."""

from __future__ import annotations

import time
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from engine import disk
from engine.devices import Choice, Gpu, choices, computes, device_lock
from engine.errors import BadInput, FstuiError, NotPossible
from engine.locks import locks_of, read_holder
from engine.process import boot_id, is_locked
from engine.protocol import ENDS, Job, JobFolder, State, safe_text
from engine.queue.conditions import NOT_COUNTED, local_time, too_early, too_full, too_many
from engine.queue.queue import Item, Queue
from engine.queue.tries import Tries
from engine.settings.user import UserSettings


class Standing(StrEnum):
    """What a job in the queue waits for."""

    READY = "ready"
    HELD = "held"
    """The user holds it, or its engine could not be started."""
    STILL = "still"
    """The machine was started since it was queued, and nobody let it go on."""
    DAMAGED = "damaged"
    AFTER = "after"
    """Another job has to be done before."""
    BLOCKED = "blocked"
    """That other job ended without being done, or is gone."""
    RESTS = "rests"
    """It is tried again after a while."""
    HOURS = "hours"
    """Its recipe has it begin at other hours of the day."""
    PROJECT = "project"
    """Another job uses the same part of its project, or as many run as its recipe allows."""
    DEVICE = "device"
    """The device it needs is taken."""
    DISK = "disk"
    """It would fill the disk, outgrow the quota or leave less free than its recipe wants."""
    TROUBLE = "trouble"
    """Something can't be looked at right now; that may pass."""


FOR_THE_USER = frozenset({Standing.HELD, Standing.STILL, Standing.DAMAGED, Standing.BLOCKED})
"""Only the user can change these: nobody needs to stay for them."""


class Turn(NamedTuple):
    """One job that waits."""

    item: Item
    standing: Standing
    why: str = ""
    """In words; empty when it is ready."""


class Look:
    """One look at a workspace: what runs, what is free, and the turns that come of it."""

    def __init__(
        self, queue: Queue, settings: UserSettings, usage: disk.Usage | None = None
    ) -> None:
        self.queue = queue
        self.usage = usage or disk.Usage(queue.workspace)
        self.settings = settings
        self.items = queue.items()
        self.tries = Tries(queue, self.items)
        self._stands_still = queue.stands_still()
        running = [f for f in queue.jobs() if f.alive()]
        self._running = Counter(f.project for f in running if f.kind not in NOT_COUNTED)
        self._computing = sum(_computes_on_cpu(f) for f in running)
        names = {f.name for f in running}
        self._promised = sum(i.entry.needs_bytes for i in self.items if i.name in names)
        self._taken: set[Gpu] = set()
        """Devices that an earlier job of this look has got or waits for."""
        self._locks: set[Path] = set()

    def turns(self) -> list[Turn]:
        """Every job that waits, in order. What is ready counts as started for those behind it."""
        return [self._turn(item) for item in self.items if item.waits]

    def _turn(self, item: Item) -> Turn:
        if item.job is None or item.problem:
            return Turn(item, Standing.DAMAGED, item.problem)
        for ask in (self._own, self._dependencies, self._project, self._disk, self._device):
            try:
                found = ask(item, item.job)
            except (BadInput, NotPossible) as error:  # a device that isn't there
                found = Standing.HELD, str(error)
            except (FstuiError, OSError) as error:
                # A full disk, a drive or a driver that is away: looked at again and again.
                found = Standing.TROUBLE, str(error)
            if found:
                return Turn(item, found[0], safe_text(found[1]))
        self._locks.update(_lock_paths(item.folder, item.job))
        self._running[item.folder.project] += 1
        self._promised += item.entry.needs_bytes
        return Turn(item, Standing.READY)

    # --- what it may wait for, in the order in which it is told ---

    def _own(self, item: Item, _job: Job) -> tuple[Standing, str] | None:
        if not item.is_ours:
            there = f"in {item.entry.project}, of which this project is a copy"
            if not item.is_copy:
                there = f"on {item.entry.host or 'another machine'}"
            return Standing.HELD, f"it was queued {there}: 'queue retry' lets it start here"
        if item.entry.held:
            return Standing.HELD, item.entry.held
        if not item.is_writable:
            return Standing.HELD, f"you may not write in {item.folder.path}"
        if self._stands_still and item.entry.boot != boot_id():
            return Standing.STILL, "the machine was started since: 'queue run' lets it go on"
        if rest := item.entry.rests_s(time.time()):
            return Standing.RESTS, f"try {item.entry.attempt} in {rest:.0f} s"
        early = too_early(item.entry.only_when, local_time())
        return (Standing.HOURS, early) if early else None

    def _dependencies(self, item: Item, _job: Job) -> tuple[Standing, str] | None:
        waiting = None
        for name in item.entry.after:
            folder = self.tries.last(name)
            if folder is None:
                why = f"{name} is gone: 'queue retry {item.name}' begins without it"
                return Standing.BLOCKED, why
            now = folder.current()
            if now.state is State.DONE:
                continue
            if now.state in ENDS and not self.tries.may_come(folder, now):
                why = f"{folder.name} ended {now.state}: 'queue retry {item.name}' tries it again"
                return Standing.BLOCKED, why
            waiting = Standing.AFTER, f"{folder.name} is to be done first"
        return waiting

    def _project(self, item: Item, job: Job) -> tuple[Standing, str] | None:
        if many := too_many(item.entry.only_when, self._running[item.folder.project]):
            return Standing.PROJECT, many
        for path in _lock_paths(item.folder, job):
            if path in self._locks:
                return Standing.PROJECT, "an earlier job of the queue uses the same part of it"
            if is_locked(path):
                holder = read_holder(path)
                who = (holder.job or holder.words()) if holder else "another process"
                return Standing.PROJECT, f"{who} uses the same part of the project"
        return None

    def _disk(self, item: Item, _job: Job) -> tuple[Standing, str] | None:
        if full := too_full(item.entry.only_when, item.folder.project):
            return Standing.DISK, full
        needs = item.entry.needs_bytes + self._promised
        why = disk.no_room(item.folder.project, needs, self.settings) or disk.over_quota(
            self.usage, needs, self.settings
        )
        return (Standing.DISK, why) if why else None

    def _device(self, item: Item, job: Job) -> tuple[Standing, str] | None:
        if not computes(job):
            return None
        possible = choices(job.device)
        if not possible:
            at_once = 1 if item.entry.only_when.device_free else self.settings.at_once
            if self._computing >= at_once:
                return Standing.DEVICE, f"{self._computing} at once compute on the CPU already"
            self._computing += 1
            return None
        for choice in possible:
            if self._is_free(choice):
                self._taken.update(choice)
                return None
        # Those behind it may not overtake it for ever: what it waits for is spoken for.
        self._taken.update(possible[0])
        return Standing.DEVICE, "its device is taken" if job.device else "no device is free"

    def _is_free(self, choice: Choice) -> bool:
        return not any(g in self._taken or is_locked(device_lock(g).path) for g in choice)


def _computes_on_cpu(folder: JobFolder) -> bool:
    try:
        job = folder.job()
    except FstuiError:
        return False
    return computes(job) and folder.snapshot().device in ("", "CPU")


def _lock_paths(folder: JobFolder, job: Job) -> list[Path]:
    return [folder.project / "locks" / name for name in locks_of(job)]
