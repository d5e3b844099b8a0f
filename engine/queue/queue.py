"""What stands in the queue of a workspace, and the acts on it; each under the queue's one lock."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from engine.errors import BadInput, Damaged, Exit, NothingToDo, from_os_error
from engine.exclusive import changing
from engine.locks import holder_text
from engine.process import boot_id, host
from engine.protocol import ENDS, Job, JobFolder, Snapshot, State, jobs_of, safe_text, write_atomic
from engine.queue import entry as entries
from engine.queue.entry import Entry
from engine.resume import going_on
from engine.workspace import projects_of

FOLDER = ".queue"
TAKEN_OUT = "taken out of the queue before it began"
PATIENCE_S = 60.0
"""How long an act waits for the queue's lock: the keeper holds it while it starts a job."""
NAMED_MOST = 3
"""Jobs that a sentence names when a word can mean several."""


class Item(NamedTuple):
    """One job that was put in the queue, whether it has begun or not."""

    folder: JobFolder
    entry: Entry
    job: Job | None
    """The request; None where it is damaged, or settled and needed no more."""
    problem: str = ""
    """What is damaged."""

    @property
    def name(self) -> str:
        """The job's name."""
        return self.folder.name

    @property
    def waits(self) -> bool:
        """Whether it stands in the queue, held or not."""
        return self.folder.never_began and not self.entry.cancelled

    @property
    def is_ours(self) -> bool:
        """Whether it was queued on this machine and not copied; a damaged one is nobody's."""
        return self.entry.host == host() and not self.is_copy

    @property
    def is_writable(self) -> bool:
        """Whether this user may write in its folder; else the keeper of another one sees to it."""
        return os.access(self.folder.path, os.W_OK)

    @property
    def is_copy(self) -> bool:
        """Whether its project is a copy: the job lies as well where it was queued. A project that
        was only moved takes its jobs along."""
        first = Path(self.entry.project, "jobs", self.name)
        return bool(self.entry.project) and _are_two(first, self.folder.path)


class Queue:
    """The queue of one workspace."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace.resolve()
        self.folder = self.workspace / FOLDER
        self.keeper_lock = self.folder / f"keeper-{host()}"
        self.boot_path = self.folder / f"boot-{host()}"

    @contextlib.contextmanager
    def locked(self, patience_s: float = PATIENCE_S) -> Iterator[None]:
        """Hold the queue's lock: what stands in it changes only under it. Raises
        `AlreadyRunning` when another program keeps it."""
        what = f"The queue of {self.workspace}"
        with changing(what, self.folder / "lock", patience_s, holder_text()):
            yield

    # --- what stands in it ---

    def jobs(self) -> Iterator[JobFolder]:
        """Every job of the workspace."""
        for project in projects_of(self.workspace):
            yield from jobs_of(project)

    def items(self) -> list[Item]:
        """Every job that was ever queued, in the order in which they get their turn."""
        return self.in_order([self.item(f) for f in self.jobs() if f.was_queued])

    @staticmethod
    def in_order(items: list[Item]) -> list[Item]:
        """Items in the order in which they get their turn."""
        return sorted(items, key=lambda i: (-i.entry.priority, i.entry.order, i.name))

    @staticmethod
    def item(folder: JobFolder) -> Item:
        """A job with its place; a damaged one is described, never raised."""
        job, problem, entry = None, "", Entry(order=float("inf"))
        try:
            entry = entries.read(folder) or entry
            job = None if entry.settled else folder.job()
        except Damaged as error:
            problem = str(error)
        return Item(folder, entry, job, problem)

    def waiting(self) -> list[Item]:
        """What has not begun, in order."""
        return [item for item in self.items() if item.waits]

    def find(self, word: str) -> JobFolder:
        """A job of the workspace by its place in the queue (from 1 on), its name or a part of it,
        perhaps with its project before: `film/train`. What waits comes before what ended, and of
        those that ended the newest of a project is meant. Raises `BadInput`."""
        if word.isdecimal() and len(word) < 5:
            waiting = self.waiting()
            if 0 < int(word) <= len(waiting):
                return waiting[int(word) - 1].folder
            raise BadInput(f"The queue has no place {word}: it has {len(waiting)}.")
        project, _, part = word.rpartition("/")
        among = (f for f in self.jobs() if not project or f.project.name == project)
        hits = [f for f in among if part in f.name]
        exact = [f for f in hits if f.name == part] or hits
        found = [f for f in exact if f.never_began] or _newest_of_each(exact)
        if not found:
            raise BadInput(f"No job of {self.workspace} is called '{safe_text(word)}'.")
        if len(found) > 1:
            names = ", ".join(f"{f.project.name}/{f.name}" for f in found[:NAMED_MOST])
            more = f" and {len(found) - NAMED_MOST} more" if len(found) > NAMED_MOST else ""
            raise BadInput(f"'{safe_text(word)}' can mean {safe_text(names)}{more}: say which.")
        return found[0]

    # --- changes ---

    def add(self, project: Path, job: Job, **more: Any) -> JobFolder:
        """Put a job at the end; `more` are fields of its `Entry`. It appears with its place, whole
        or not at all. The queue goes on then, unless the job's `boot` says that it alone may.
        Raises `NoSpace`, `BadInput`."""
        with self.locked():
            entry = Entry(**_here(project), order=self._last(), **more)
            if not entry.boot:
                self.go_on()
            return JobFolder.create(project, job, entries.encode(entry))

    def _last(self) -> float:
        return max((i.entry.order for i in self.items() if not i.problem), default=0.0) + 1.0

    def change(self, folder: JobFolder, **fields: Any) -> None:
        """Change fields of what waits. Raises `NothingToDo` for a job that doesn't."""
        with self.locked():
            self._change(folder, **fields)

    def change_all(self, chosen: Callable[[Entry], bool], **fields: Any) -> int:
        """Change fields of all that wait and are chosen, before another can begin; how many those
        are. One that began already, or is damaged, keeps no other from it."""
        changed = 0
        with self.locked():
            for item in self.waiting():
                with contextlib.suppress(NothingToDo, Damaged):
                    if not item.problem and chosen(item.entry):
                        self._change(item.folder, **fields)
                        changed += 1
        return changed

    def _change(self, folder: JobFolder, **fields: Any) -> None:
        entry = entries.read(folder)
        if entry is None or entry.cancelled or not folder.never_began:
            raise NothingToDo(f"The job {folder.name} doesn't wait in the queue.")
        entries.write(folder, msgspec.structs.replace(entry, **fields))

    def replace(self, folder: JobFolder, job: Job, **fields: Any) -> None:
        """Give what waits another request of the same kind; it keeps its place. Raises
        `NothingToDo` for a job that doesn't wait, or may have begun with the one before."""
        with self.locked():
            self._change(folder, **fields)
            folder.write_job(job)
            self._still_waits(folder)

    def move(self, folder: JobFolder, place: int) -> None:
        """Move what waits to a place (from 1 on, beyond the end is the end); it takes the priority
        of its new neighbours only where its own would keep it from there. Raises `BadInput` for a
        place below 1, `NothingToDo` for a job that doesn't wait."""
        if place < 1:
            raise BadInput(f"There is no place {place} in the queue: the first one is 1.")
        with self.locked():
            self._move(folder, place)

    def move_by(self, folder: JobFolder, by: int) -> None:
        """Move what waits some places on in the order as it is now, to either end at most. Raises
        `NothingToDo` for a job that doesn't wait."""
        with self.locked():
            paths = [i.folder.path for i in self.waiting() if not i.problem]
            at = paths.index(folder.path) if folder.path in paths else 0
            self._move(folder, max(1, at + 1 + by))

    def _move(self, folder: JobFolder, place: int) -> None:
        own = entries.read(folder)
        others = [i for i in self.waiting() if i.name != folder.name and not i.problem]
        at = min(place - 1, len(others))
        before = others[at - 1].entry if at else None
        behind = others[at].entry if at < len(others) else None
        if own is not None:
            own = _between(own, before, behind)
            self._change(folder, order=own.order, priority=own.priority)

    def cancel(self, folder: JobFolder) -> None:
        """Take what waits out of the queue; its folder stays and says so. Raises `NothingToDo`."""
        with self.locked():
            self.take_out(folder, TAKEN_OUT)

    def take_out(self, folder: JobFolder, message: str) -> None:
        """The same with other words. Under the lock. Also one whose place can't be read. Raises
        `NoSpace` when there is no room for its end: the keeper writes it later."""
        try:
            self._change(folder, cancelled=True)
        except Damaged:
            if not folder.never_began:
                raise
            entries.write(folder, Entry(**_here(folder.project), cancelled=True))
        self._still_waits(folder)
        self.end_cancelled(folder, message)

    @staticmethod
    def end_cancelled(folder: JobFolder, message: str = TAKEN_OUT) -> None:
        """Write the end of what is cancelled, then that it is settled: until that stands there,
        somebody may have been killed between the two. Under the lock."""
        stopped, code = State.STOPPED, int(Exit.STOPPED)
        end = Snapshot(state=stopped, kind=folder.kind, exit=code, message=message)
        try:
            folder.append("end", state=stopped, exit=code, message=message)
            folder.write_snapshot(end, durable=True)
        except OSError as error:
            raise from_os_error(error, f"writing the end of {folder.name}") from error
        if entry := entries.read(folder):
            entries.write(folder, msgspec.structs.replace(entry, settled=True))

    @staticmethod
    def _still_waits(folder: JobFolder) -> None:
        """First a change is written, then its lock looked at: a supervisor does both the other way
        round, so that it can't begin unseen."""
        if folder.alive():
            raise NothingToDo(f"The job {folder.name} has begun: 'stop' ends it.")

    def retry(self, folder: JobFolder) -> JobFolder:
        """Let what waits or is held go now, or queue a job anew that ended without being done; the
        job that will run. Raises `NothingToDo` for one that runs or is done."""
        with self.locked():
            self.go_on()
            entry = entries.read(folder)
            if folder.never_began and entry is not None and not entry.cancelled:
                here = _here(folder.project)
                self._change(folder, **here, held="", delay_s=0.0, attempt=1)
                return folder
            now = folder.current()
            cancelled = folder.never_began and entry is not None  # its end may not be written yet
            if not cancelled and (now.state not in ENDS or now.state is State.DONE):
                raise NothingToDo(f"The job {folder.name} is {now.state}: nothing to try again.")
            if later := self.tried_again(folder.name):
                raise NothingToDo(f"{folder.name} was tried again already, as {later.name}.")
            entry = msgspec.structs.replace(entry or Entry(order=self._last()), attempt=0)
            return self.again(folder, entry, 0.0)

    def again(self, folder: JobFolder, entry: Entry, rest_s: float) -> JobFolder:
        """Queue a job that ended once more, in its old place, after a rest. Under the lock.

        The new folder names the old one: whoever looks finds one successor or none, so that a
        kill at any moment neither loses it nor makes two."""
        job = folder.job()
        next_entry = msgspec.structs.replace(
            entry,
            attempt=entry.attempt + 1,
            again_of=folder.name,
            held="",
            cancelled=False,
            settled=False,
            **_here(folder.project),
        ).resting(rest_s)
        steps = [going_on(folder, index) for index in range(len(job.steps))]
        began = not (entry.cancelled or folder.never_began)
        job = msgspec.structs.replace(job, steps=steps, resumes=folder.name if began else None)
        return JobFolder.create(folder.project, job, entries.encode(next_entry))

    def tried_again(self, name: str) -> Item | None:
        """The job that tries another one again."""
        return next((i for i in self.items() if i.entry.again_of == name), None)

    # --- across a restart ---

    def go_on(self) -> None:
        """The user wants the queue to move, on this start of the machine. Raises `NoSpace`."""
        if not self.stands_still():
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomic(self.boot_path, boot_id().encode())
        except OSError as error:
            raise from_os_error(error, f"writing {self.boot_path}") from error

    def stands_still(self) -> bool:
        """Whether nobody has let the queue go on since the machine was started."""
        try:
            return self.boot_path.read_text() != boot_id()
        except (OSError, UnicodeDecodeError):
            return True


def _here(project: Path) -> dict[str, Any]:
    """Fields of an `Entry`: where it is queued."""
    return {"host": host(), "project": str(project.resolve())}


def _are_two(first: Path, second: Path) -> bool:
    """Whether both are there and not the same folder."""
    try:
        return first != second and not first.samefile(second)
    except OSError:
        return False


def _newest_of_each(jobs: list[JobFolder]) -> list[JobFolder]:
    """The newest job of each project: names begin with the time."""
    newest: dict[Path, JobFolder] = {}
    for folder in jobs:
        known = newest.get(folder.project)
        if known is None or folder.name > known.name:
            newest[folder.project] = folder
    return list(newest.values())


def _between(own: Entry, before: Entry | None, behind: Entry | None) -> Entry:
    """An entry that stands between two others: lower priorities come later."""
    priority = own.priority
    if before and priority > before.priority:
        priority = before.priority
    if behind and priority < behind.priority:
        priority = behind.priority
    after = before.order if before and before.priority == priority else None
    until = behind.order if behind and behind.priority == priority else None
    if after is not None and until is not None:
        order = (after + until) / 2
    elif after is not None:
        order = after + 1.0
    else:
        order = own.order if until is None else until - 1.0
    return msgspec.structs.replace(own, order=order, priority=priority)


def queue_of(project: Path) -> Queue:
    """The queue that a project's jobs stand in: that of the folder it lies in."""
    return Queue(project.resolve().parent)
