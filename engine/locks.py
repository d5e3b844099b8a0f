"""Who holds a lock, and the locks of a project that jobs need. Light."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from engine.errors import AlreadyRunning
from engine.process import FileLock, boot_id, host, is_locked, is_same_process, start_time

if TYPE_CHECKING:  # the job's folder asks who holds its lock
    from engine.protocol import Job


class Holder(msgspec.Struct, frozen=True):
    """The text of a lock file: who holds it."""

    pid: int
    started: float
    """Start time of the process as `engine.process.start_time` gives it."""
    host: str
    boot: str
    since: float
    """UNIX time when the lock was taken."""
    job: str = ""

    def words(self) -> str:
        """`pid 123 on box since 14:02 UTC`."""
        since = datetime.fromtimestamp(self.since, UTC).strftime("%Y-%m-%d %H:%M UTC")
        return f"pid {self.pid} on {self.host} since {since}"


def read_holder(path: Path) -> Holder | None:
    """The text of a lock file, None when there is none or it is torn."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Holder)
    except (OSError, msgspec.MsgspecError):
        return None


def holder_text(job: str = "") -> str:
    """What this process writes into the locks that it takes."""
    pid = os.getpid()
    holder = Holder(pid, start_time(pid), host(), boot_id(), time.time(), job)
    return msgspec.json.encode(holder).decode()


PROJECT_LOCKS: dict[str, str] = {
    "extract": "faces",
    "train": "model",
    "convert": "out",
    "preview": "preview",
    "watch": "watch",
    "import": "faces",
}
"""Which of the project's locks a stage needs (`locks/<name>`)."""


def locks_of(job: Job) -> list[str]:
    """The names of the project's locks that a job's steps need, in one fixed order."""
    return sorted({PROJECT_LOCKS[s.stage] for s in job.steps if s.stage in PROJECT_LOCKS})


def refuse_if_running(project: Path, job: Job) -> None:
    """Raise `AlreadyRunning`, with pid, host and since when, if a lock that `job` needs is held."""
    for name in locks_of(job):
        path = project / "locks" / name
        if is_locked(path):
            raise already_running(path, name)


def already_running(path: Path, name: str) -> AlreadyRunning:
    """The error that names who holds a project's lock."""
    holder = read_holder(path)
    who = holder.words() if holder else "another process"
    job = f" ({holder.job})" if holder and holder.job else ""
    what = {"faces": "extraction", "model": "training", "out": "conversion"}.get(name, name)
    return AlreadyRunning(
        f"A job that uses this project's {what} is already running{job}: {who}. "
        f"Follow it with 'attach', end it with 'stop'."
    )


def take_locks(project: Path, job: Job, job_name: str) -> list[FileLock]:
    """Take all of the project's locks that a job needs, or none and raise `AlreadyRunning`."""
    return hold_locks(project, locks_of(job), job_name)


def hold_locks(project: Path, names: Sequence[str], job_name: str = "") -> list[FileLock]:
    """Take some of the project's locks, or none and raise `AlreadyRunning`."""
    held: list[FileLock] = []
    try:
        for name in names:
            lock = FileLock(project / "locks" / name)
            if not lock.acquire(holder_text(job_name)):
                raise already_running(lock.path, name)
            held.append(lock)
    except (AlreadyRunning, OSError):
        for lock in held:
            lock.release()
        raise
    return held


def may_signal(holder: Holder) -> bool:
    """Whether the lock's process is surely still the same one: pid, start time (which counts from
    the boot), boot and host agree."""
    same_boot = holder.boot == boot_id()
    return same_boot and is_same_process(holder.pid, holder.started, holder.host)
