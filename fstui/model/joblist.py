"""The jobs of a project for whoever looks again and again: listed and read only as far as they can
have changed."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Generic, TypeVar

from engine.protocol import ENDS, Job, JobFolder, Snapshot

FRESH_S = 5.0
"""A job's request is written a moment after its folder, which the stamp of `jobs/` doesn't show:
while that is as young as this they are listed again."""
Folder = TypeVar("Folder", bound=JobFolder)


class JobList(Generic[Folder]):
    """The jobs of one project; a stat a look while none comes or goes."""

    def __init__(self, project: Path, kind: type[Folder]) -> None:
        self.project = project
        self.folders: list[Folder] = []
        """Newest first; a job is the same object from look to look."""
        self._kind = kind
        self._path = project / "jobs"
        self._stamp = 0

    def look(self) -> bool:
        """List them again where one may have come or gone; whether one has. While the folder can't
        be reached they stay as they were."""
        try:
            stamp = os.stat(self._path).st_mtime_ns
            if stamp == self._stamp and time.time() - stamp / 1e9 > FRESH_S:
                return False
            found = self._found()
        except FileNotFoundError:
            stamp, found = 0, []
        except OSError:
            return False
        changed = found != self.folders  # the same objects in the same order
        self._stamp, self.folders = stamp, found
        return changed

    def _found(self) -> list[Folder]:
        known = {folder.name: folder for folder in self.folders}
        names = sorted((e.name for e in os.scandir(self._path) if e.is_dir()), reverse=True)
        return [
            known.get(name) or self._kind(self._path / name)
            for name in names
            if name in known or os.path.exists(self._path / name / "job.json")
        ]


class SeenJob(JobFolder):
    """A job that is looked at again and again: after its end nothing is read any more."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.end: Snapshot | None = None
        self._job: Job | None = None

    def job(self) -> Job:
        """As `JobFolder.job`."""
        if self._job is None or self.end is None:
            self._job = super().job()
        return self._job

    def current(self) -> Snapshot:
        """As `JobFolder.current`."""
        if self.end is not None:
            return self.end
        now = super().current()
        if now.state in ENDS:
            self.end = now
        return now

    def alive(self) -> bool:
        """Whether a supervisor holds the job's lock."""
        return self.end is None and super().alive()

    @property
    def never_began(self) -> bool:
        """Whether it only ever stood in the queue and still does."""
        return self.end is None and super().never_began
