"""The tries of a job: which later job does again what an earlier one was to do."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import FstuiError
from engine.protocol import ENDS, JobFolder, Snapshot, State, jobs_of
from engine.queue import again
from engine.queue.queue import Item, Queue


class Tries:
    """Follows jobs of a workspace to their newest try, as the queue or the user made it."""

    def __init__(self, queue: Queue, items: Sequence[Item]) -> None:
        self._queue = queue
        self._named = {item.name: item for item in items}
        self._later = {i.entry.again_of: i for i in items if i.entry.again_of}

    def last(self, name: str) -> JobFolder | None:
        """The job of a name, or the newest that tries it again; None where it is gone."""
        found = self._found(name)
        while later := self._after(name, found):
            found, name = later, later.name
        return found

    def may_come(self, folder: JobFolder, end: Snapshot) -> bool:
        """Whether the queue itself will try a job again that ended like this."""
        item = self._named.get(folder.name)
        return (
            item is not None
            and not item.entry.settled
            and again.may_succeed_later(folder, end, item.entry.attempt)
        )

    def _found(self, name: str) -> JobFolder | None:
        if item := self._named.get(name):
            return item.folder
        return next((f for f in self._queue.jobs() if f.name == name), None)

    def _after(self, name: str, folder: JobFolder | None) -> JobFolder | None:
        """The next try: the queue's, else one that was started by hand and goes on from it."""
        if item := self._later.get(name):
            return item.folder
        if folder is None:
            return None
        now = folder.current().state
        if now not in ENDS or now is State.DONE:
            return None
        # Names begin with the time: what goes on from a job isn't older than it.
        made = name.partition("-")[0]
        newer = (f for f in jobs_of(folder.project) if f.name >= made)
        return next((f for f in newer if _resumes(f) == name), None)


def _resumes(folder: JobFolder) -> str | None:
    try:
        return folder.job().resumes
    except FstuiError:
        return None
