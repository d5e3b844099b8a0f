"""The contract between the interface and the engine: a job is a folder of plain files.

`job.json` is the request, `events.jsonl` what happened, `state.json` a snapshot, `control/` what
the user asks of a running job, `lock` who runs it. Standard library and msgspec only.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from engine.errors import Damaged, Exit, from_os_error
from engine.eventlog import Event, append_event, read_events
from engine.locks import Holder, read_holder
from engine.process import fsync_folder, is_locked

VERSION = 1
STATE_INTERVAL_S = 1.0
HEARTBEAT_S = 5.0
STALLED_S = 60.0
START_PATIENCE_S = 30.0  # from the request to the supervisor's first word
STAMP = "%Y%m%dT%H%M%S.%f"
SHEET = "-sheet"
QUEUE_ENTRY = "queue.json"
"""A job's place in the queue (`engine.queue`), for one that was put there."""
_END_BYTES = 16_384
"""The end event is in the last bytes of the log; what its hooks came to may follow."""


class State(StrEnum):
    """A job's states; the last six are ends."""

    QUEUED = "queued"
    WAITING = "waiting"
    STARTING = "starting"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"
    DONE = "done"
    STOPPED = "stopped"
    REFUSED = "refused"
    FAILED = "failed"
    CRASHED = "crashed"
    INTERRUPTED = "interrupted"


ENDS = frozenset(
    {State.DONE, State.STOPPED, State.REFUSED, State.FAILED, State.CRASHED, State.INTERRUPTED}
)


class Step(msgspec.Struct, frozen=True):
    """One stage of a job, run as one child process."""

    stage: str
    """extract, train, convert, preview, watch, import: the engine's `STAGES`."""
    side: str | None = None
    """a, b or target, for extract."""
    settings: dict[str, Any] = {}
    """Only what differs from the defaults; read through `engine.settings`."""


class Job(msgspec.Struct, frozen=True):
    """`job.json`: the request; it changes no more once the job has begun."""

    v: int
    kind: str
    steps: list[Step]
    device: str | None = None
    """Devices to run on (`cpu`, `gpu:0`, `gpu:0,1`); None is the first free one."""
    resumes: str | None = None
    """The name of the job that this one goes on from."""


class Progress(msgspec.Struct):
    """How far a step is."""

    done: int = 0
    total: int | None = None
    rate: float = 0.0
    """Units a second, averaged over the last seconds."""
    unit: str = "frame"
    eta_s: float | None = None


class Snapshot(msgspec.Struct):
    """`state.json`: written by the supervisor alone, at most once a second, replaced whole."""

    state: State = State.STARTING
    kind: str = ""
    step: int = 0
    steps: int = 0
    stage: str = ""
    side: str | None = None
    phase: str = ""
    """What a long silent part is doing: 'importing TensorFlow', 'compiling', 'saving'."""
    phase_since: float = 0.0
    progress: Progress = msgspec.field(default_factory=Progress)
    iteration: int | None = None
    loss_a: float | None = None
    loss_b: float | None = None
    device: str = ""
    started: float = 0.0
    heartbeat: float = 0.0
    """Time of the newest event of the step."""
    warnings: int = 0
    last_warning: str = ""
    message: str = ""
    """The end's sentence: why it failed, or what it made."""
    exit: int | None = None
    preview: str = ""
    """Newest preview, relative to the job folder."""
    saved_iteration: int | None = None


class Command(msgspec.Struct, frozen=True):
    """One file in `control/`: what the user asks of a running job."""

    verb: str
    """stop, pause, resume, save, snapshot, preview, change, slower, look."""
    args: dict[str, Any] = {}
    id: str = ""


_encoder = msgspec.json.Encoder()


# --- files -----------------------------------------------------------------------------------


def write_atomic(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write aside, fsync, rename, fsync the folder: a reader sees the old file or the new one.

    `durable=False` leaves out the syncs, for snapshots that the next second replaces.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(3)}.part")
    try:
        with open(aside, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    if durable:
        fsync_folder(path.parent)


def safe_text(text: str) -> str:
    """Text from outside without control, escape and direction-changing characters."""
    return "".join(c for c in text if c.isprintable() and c not in _BIDI)


_BIDI = frozenset(
    "\u200e\u200f\u061c" + "".join(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
)


# --- the job folder --------------------------------------------------------------------------


def sheet_of(preview: Path) -> Path:
    """Where the sheet is that a preview is a part of, if it has one."""
    return preview.with_stem(preview.stem + SHEET)


class JobFolder:
    """The files of one job and the small acts on them; no process is started here."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def name(self) -> str:
        """The folder's name: `<utc>-<kind>-<4 hex>`; names sort by time."""
        return self.path.name

    @property
    def kind(self) -> str:
        """What the job does, by its name."""
        return self.name.split("-")[1] if "-" in self.name else ""

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.path.parent.parent

    @property
    def events_path(self) -> Path:
        """The event log."""
        return self.path / "events.jsonl"

    @property
    def log_path(self) -> Path:
        """Raw output of the engine's processes."""
        return self.path / "engine.log"

    @property
    def lock_path(self) -> Path:
        """The supervisor's lock."""
        return self.path / "lock"

    @property
    def preview_folder(self) -> Path:
        """The last previews, named by iteration or frame."""
        return self.path / "preview"

    def previews(self) -> list[Path]:
        """The previews, in no order; the sheets beside them (`sheet_of`) are none themselves."""
        found = self.preview_folder.glob("*.jpg")
        return [p for p in found if p.name[0] != "." and not p.stem.endswith(SHEET)]

    @classmethod
    def create(cls, project: Path, job: Job, entry: bytes = b"") -> JobFolder:
        """Write a new job folder with its request; `entry` is its place in the queue."""
        # Milliseconds: names sort by time also when a job is started again at once.
        stamp = datetime.now(UTC).strftime(STAMP)[:-3]
        path = project / "jobs" / f"{stamp}-{job.kind}-{secrets.token_hex(2)}"
        try:
            (path / "control").mkdir(parents=True)
            (path / "preview").mkdir()
            if entry:  # before the request, which makes a job of the folder: whole or not at all
                write_atomic(path / QUEUE_ENTRY, entry)
            cls(path).write_job(job)
            fsync_folder(path.parent)
        except OSError as error:
            shutil.rmtree(path, ignore_errors=True)
            raise from_os_error(error, f"making a job folder in {path.parent}") from error
        return cls(path)

    def job(self) -> Job:
        """The request. Raises `Damaged` when `job.json` can't be read, or is a newer fstui's."""
        try:
            job = msgspec.json.decode((self.path / "job.json").read_bytes(), type=Job)
        except (OSError, msgspec.MsgspecError) as error:
            raise Damaged(f"The job {self.name} is damaged: job.json: {error}.") from error
        if job.v > VERSION:
            raise Damaged(f"The job {self.name} is of a newer fstui (version {job.v}): update it.")
        return job

    def write_job(self, job: Job) -> None:
        """Write the request; another one only while the job waits in the queue."""
        write_atomic(self.path / "job.json", msgspec.json.format(_encoder.encode(job)))

    def snapshot(self) -> Snapshot:
        """`state.json` as written, without looking at the lock; empty when there is none yet."""
        try:
            return msgspec.json.decode((self.path / "state.json").read_bytes(), type=Snapshot)
        except (OSError, msgspec.MsgspecError):
            return Snapshot(kind=self.kind)

    def write_snapshot(self, snapshot: Snapshot, *, durable: bool = False) -> None:
        """Replace `state.json`. Only the supervisor calls this."""
        write_atomic(self.path / "state.json", _encoder.encode(snapshot), durable=durable)

    def alive(self) -> bool:
        """Whether a supervisor holds the job's lock."""
        return is_locked(self.lock_path)

    @property
    def was_queued(self) -> bool:
        """Whether it was put in the queue."""
        return (self.path / QUEUE_ENTRY).exists()

    @property
    def never_began(self) -> bool:
        """Whether it only ever stood in the queue: it waits there or was taken out of it."""
        return self.was_queued and not self.lock_path.exists()

    @property
    def _begins(self) -> bool:
        """Whether its supervisor has made the lock a moment ago and is about to hold it, or was
        just killed over that: whoever has held it has left its name there."""
        try:
            lock = self.lock_path.stat()
        except OSError:
            return False
        return lock.st_size == 0 and abs(time.time() - lock.st_mtime) < START_PATIENCE_S

    @property
    def _is_new(self) -> bool:
        """Whether its name is of a moment ago: its supervisor may be on its way."""
        try:
            made = datetime.strptime(self.name.partition("-")[0], STAMP).replace(tzinfo=UTC)
        except ValueError:
            return False
        return abs((datetime.now(UTC) - made).total_seconds()) < START_PATIENCE_S

    @property
    def has_run(self) -> bool:
        """Whether anything was ever told of it: a job runs once."""
        return self.events_size > 0

    @property
    def events_size(self) -> int:
        """Bytes of the event log; 0 before the first event."""
        try:
            return self.events_path.stat().st_size
        except OSError:
            return 0

    def holder(self) -> Holder | None:
        """Who took the job's lock last."""
        return read_holder(self.lock_path)

    def current(self) -> Snapshot:
        """The truth about the job: the snapshot, corrected by the lock and the end event.

        Lock held: as written. Lock free and an end: that end. Lock free and no end: interrupted,
        unless its supervisor is still to come (queued).
        """
        snapshot = self.snapshot()
        if self.alive():
            return snapshot
        snapshot = self.snapshot()  # the end may have been written between the two looks
        if snapshot.state in ENDS:
            return snapshot
        if end := self.end_event():
            state, code = end.data.get("state"), end.data.get("exit")
            # A newer version may know ends that this one doesn't: then it isn't known to be done.
            snapshot.state = next((s for s in ENDS if s == state), State.FAILED)
            snapshot.exit = code if isinstance(code, int) else None
            snapshot.message = str(end.data.get("message", ""))
            return snapshot
        to_come = not self.lock_path.exists() and (self.was_queued or self._is_new)
        if to_come or self._begins:
            snapshot.state = State.QUEUED
            return snapshot
        if self.alive():  # it has begun since the first look
            return self.snapshot()
        snapshot.state = State.INTERRUPTED
        snapshot.exit = int(Exit.STOPPED)
        at = f" at iteration {snapshot.iteration}" if snapshot.iteration is not None else ""
        snapshot.message = f"interrupted{at}: it can be resumed"
        return snapshot

    def end_event(self) -> Event | None:
        """The end, where it was recorded in the events (the snapshot may have found no room)."""
        events, _ = read_events(self.events_path, max(0, self.events_size - _END_BYTES))
        return next((e for e in reversed(events) if e.k == "end"), None)

    def send(self, verb: str, **args: Any) -> str:
        """Put a command into `control/`; returns its id, which the ack event repeats."""
        command_id = f"{time.time_ns():020d}-{secrets.token_hex(2)}"
        write_atomic(
            self.path / "control" / f"{command_id}.json",
            _encoder.encode(Command(verb, args, command_id)),
        )
        return command_id

    def commands(self) -> Iterator[tuple[Path, Command]]:
        """Waiting commands, oldest first. A file that is no command is dropped."""
        for path in sorted((self.path / "control").glob("*.json")):
            try:
                yield path, msgspec.json.decode(path.read_bytes(), type=Command)
            except (OSError, msgspec.MsgspecError):
                path.unlink(missing_ok=True)

    def append(self, kind: str, /, **data: Any) -> None:
        """Append one event as one write of a whole line."""
        append_event(self.events_path, kind, data)

    def events(self, offset: int = 0) -> tuple[list[Event], int]:
        """Events behind a byte offset, and the offset to go on from."""
        return read_events(self.events_path, offset)


# --- lists ---------------------------------------------------------------------------------

Folder = TypeVar("Folder", bound=JobFolder)


def jobs_of(project: Path) -> list[JobFolder]:
    """All jobs of a project, newest first."""
    folder = project / "jobs"
    try:
        names = sorted((e.name for e in os.scandir(folder) if e.is_dir()), reverse=True)
    except OSError:
        return []
    return [JobFolder(folder / n) for n in names if (folder / n / "job.json").exists()]


def find_job(project: Path) -> JobFolder | None:
    """The project's foremost job."""
    return foremost(jobs_of(project))


def foremost(jobs: Iterable[Folder]) -> Folder | None:
    """Of jobs with the newest first the newest that is alive, else the newest, one that waits in
    the queue last. A preview is none of them: it is there to be asked."""
    work = [j for j in jobs if j.kind != "preview"]
    running = next((j for j in work if j.alive()), None)
    return running or min(work, key=lambda j: j.never_began, default=None)
