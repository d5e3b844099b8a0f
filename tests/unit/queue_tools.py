"""Jobs in the queue of a test's workspace."""

from __future__ import annotations

from typing import Any

from engine.project import Project
from engine.protocol import Job, JobFolder, Step
from engine.queue import entry as entries
from engine.queue.entry import Entry
from engine.queue.queue import Queue
from engine.queue.turn import Look, Standing
from engine.settings.user import UserSettings


def put(project: Project, kind: str = "train", device: str | None = None, **more: Any) -> JobFolder:
    job = Job(1, kind, [Step(kind)], device)
    return Queue(project.path.parent).add(project.path, job, **more)


def order(queue: Queue) -> list[str]:
    return [item.name for item in queue.waiting()]


def standing(folder: JobFolder, settings: UserSettings | None = None) -> tuple[Standing, str]:
    look = Look(Queue(folder.project.parent), settings or UserSettings(spare_gb=0.0))
    (found,) = [t for t in look.turns() if t.item.name == folder.name]
    return found.standing, found.why


def entry_of(folder: JobFolder) -> Entry:
    entry = entries.read(folder)
    assert entry is not None
    return entry
