"""What changes on disk, seen by one thread that polls files' sizes every half second.

The thread builds plain values and hands them to `publish`; it never touches a widget.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from engine.errors import FstuiError
from engine.eventlog import Event
from engine.protocol import ENDS, Job, JobFolder, Snapshot, safe_text
from fstui import bugs
from fstui.model.joblist import JobList

INTERVAL_S = 0.5
TICK_S = 5.0
CHORE_S = 10.0
FIRST_BYTES = 256 * 1024
"""How much of an old file's end is read whole when it is opened."""
FIGURES = frozenset({"progress", "metric", "heartbeat", "frame"})
"""Kinds of events that are figures, several a second: of old ones nothing is told."""
FIGURE = re.compile(rb'\{"t":[^,]*,"k":"(%s)"' % "|".join(sorted(FIGURES)).encode())
MOST_BYTES = 1024 * 1024
"""The most that one look reads, so that a burst can't hold the thread up."""
STAGES = ("extract", "train", "convert", "watch")


class Preview(NamedTuple):
    """A picture that a step made."""

    path: Path
    time: float
    """UNIX time."""
    place: int
    """Iteration of a training, frame of an extraction or conversion."""
    columns: tuple[str, ...]
    """What each column shows: A, A>A, A>B, ..."""
    media: str
    sheet: Path | None = None
    """The larger picture that this one is a part of."""
    sheet_columns: tuple[str, ...] = ()


class JobUpdate(NamedTuple):
    """What is new about one job since the last look."""

    folder: JobFolder
    job: Job
    stage: str
    """The stage that this job is the newest of."""
    snapshot: Snapshot
    events: list[Event]
    lines: list[str]
    """New lines of engine.log without control characters."""
    previews: list[Preview]


class LineTail:
    """Whole new lines of a growing file; of a file that is old and long only the end."""

    def __init__(self, path: Path, first_bytes: int = FIRST_BYTES) -> None:
        self.path = path
        self.begun = 0
        """Where the lines begin that were read first."""
        self._offset: int | None = None
        self._first_bytes = first_bytes

    def read(self) -> list[bytes]:
        """Lines that came since the last call; a torn last one is left for the next."""
        try:
            size = os.stat(self.path).st_size
        except OSError:
            return []
        if self._offset is not None and size < self._offset:
            self._offset = 0  # someone emptied the file: begin again
        if size == self._offset:
            return []
        cut = self._offset is None and size > self._first_bytes
        start = size - self._first_bytes if cut else self._offset or 0
        with open(self.path, "rb") as file:
            file.seek(start)
            data = file.read(MOST_BYTES)
        end = data.rfind(b"\n") + 1
        if not end and len(data) == MOST_BYTES:
            end = len(data)  # a line longer than a look: hand it on in pieces
        self._offset = start + end
        lines = data[:end].split(b"\n")[:-1] if data[end - 1 : end] == b"\n" else [data[:end]]
        if cut:
            self.begun = start + len(lines[0]) + 1
            return lines[1:]
        return lines if end else []


class JobTail:
    """Reads one job on: its state, events, log and pictures."""

    def __init__(self, folder: JobFolder, stage: str) -> None:
        self.folder = folder
        self.stage = stage
        self.job = folder.job()
        self._home = folder.path.resolve()
        self._events = LineTail(folder.events_path)
        self._log = LineTail(folder.log_path)
        self._snapshot: Snapshot | None = None
        self._at = ""
        """The stage of the step whose events are being read."""

    @property
    def ended(self) -> bool:
        """Whether its end was seen: nothing comes after it."""
        return self._snapshot is not None and self._snapshot.state in ENDS

    def look(self) -> JobUpdate | None:
        """What is new, or None. An ended job is only looked at once more."""
        if self.ended:
            return None
        first = self._snapshot is None
        # The state comes first: if it is an end, then what is read after it is all there is.
        snapshot = self.folder.current()
        events = list(decode(self._events.read()))
        if first:
            events = [*decode(told_before(self._events.path, self._events.begun)), *events]
        lines = [clean(line) for line in self._log.read()]
        if snapshot == self._snapshot and not events and not lines:
            return None
        self._snapshot = snapshot
        previews = [p for p in map(self._preview, events) if p]
        return JobUpdate(self.folder, self.job, self.stage, snapshot, events, lines, previews)

    def _preview(self, event: Event) -> Preview | None:
        if event.k == "step":
            self._at = str(event.data.get("stage", ""))
        if event.k != "preview" or self._at != self.stage:
            return None
        data = event.data
        path = self._inside(data.get("path", ""))
        if path is None:
            return None
        place = data.get("iteration", data.get("frame"))
        media = safe_text(str(data.get("media", "")))
        number = place if isinstance(place, int) else _number(path)
        sheet = self._inside(data["sheet"]) if "sheet" in data else None
        columns, more = (_texts(data.get(n, ())) for n in ("columns", "sheet_columns"))
        return Preview(path, event.t, number, columns, media, sheet, more)

    def _inside(self, name: object) -> Path | None:
        """A file that an event names; a job may name only what is inside it."""
        try:
            path = (self._home / str(name)).resolve()
        except (OSError, ValueError):  # no name of a file
            return None
        return path if path.is_relative_to(self._home) else None


class Tail:
    """Follows the newest job of each stage of one project, and whatever else is asked for."""

    def __init__(
        self,
        publish: Callable[[object], None],
        interval_s: float = INTERVAL_S,
        chore: Callable[[], None] | None = None,
    ) -> None:
        self._publish = publish
        self.interval_s = interval_s
        """Time between two looks."""
        self._chore = chore
        """Done at once and every few seconds, seen or not."""
        self._chore_due = 0.0
        self._undone: list[str] = []
        """What kept the chore from being done, until it is tried again."""
        self._project: Path | None = None
        self._jobs: dict[str, JobTail] = {}
        self._list: JobList[JobFolder] | None = None
        self._waiting: list[JobFolder] = []
        """Jobs that have not begun."""
        self._extras: tuple[Callable[[], object | None], ...] = ()
        self._problem = ""
        self._bugs: dict[str, str] = {}
        """What was said of each bug that was met."""
        self._anew = False
        self._tick_due = 0.0
        self._wake = threading.Event()
        self._ended = False
        self._thread: threading.Thread | None = None

    def follow(self, project: Path | None) -> None:
        """Turn to another project; what is known of its jobs comes with the next look."""
        self._project = project
        self._anew = True
        self.poke()

    def also(self, *looks: Callable[[], object | None]) -> None:
        """Questions to ask at each look for as long as a room shows their answers.

        Each returns something to publish, or None when nothing changed.
        """
        self._extras = looks
        self.poke()

    def start(self) -> None:
        """Begin to poll."""
        self._thread = threading.Thread(target=self._run, name="tail", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; returns when it is gone."""
        self._ended = True
        self.poke()
        if self._thread:
            self._thread.join(5)

    def poke(self) -> None:
        """Look now: a command was sent or the room changed."""
        self._wake.set()

    def _run(self) -> None:
        while not self._ended:
            self._wake.clear()
            for update in self.look():
                if not self._ended:
                    self._publish(update)
            self._wake.wait(self.interval_s)

    def look(self) -> Iterator[object]:
        """All that is new; files that vanish or can't be read are looked at again next time."""
        if self._anew:
            # Also for the project that was followed before: whoever asks knows nothing of it.
            self._anew, self._jobs, self._list = False, {}, None
        project, problems = self._project, list[str]()
        self._asked(lambda: self._find_jobs(project), problems)
        for tail in list(self._jobs.values()):
            update = self._asked(tail.look, problems)
            if update and project == self._project:
                yield update
        if self._time_counts():
            yield Tick()
        for ask in self._extras:
            answer = self._asked(ask, problems)
            if answer is not None:
                yield answer
        if self._chore and time.monotonic() >= self._chore_due:
            self._chore_due = time.monotonic() + CHORE_S
            self._undone = []
            self._asked(self._chore, self._undone)
        problem = next(iter([*problems, *self._undone]), "")
        if problem != self._problem:
            self._problem = problem
            yield TailProblem(problem)

    def _asked(self, ask: Callable[[], object], problems: list[str]) -> object:
        """What one question answers. One that fails keeps no other from being asked, and what it
        failed of is told."""
        try:
            return ask()
        except (OSError, FstuiError) as error:
            problems.append(safe_text(str(error)))
        except Exception as error:  # the thread's top: without it every room shows the past
            problems.append(self._bug(error))
        return None

    def _bug(self, error: Exception) -> str:
        """The sentence about an error that nobody foresaw; recorded the first time alone."""
        kind = f"{type(error).__name__}: {error}"
        if kind not in self._bugs:
            self._bugs[kind] = bugs.told(error)
        return self._bugs[kind]

    def _time_counts(self) -> bool:
        """Every few seconds while a job runs: silence has words too, and they change with time."""
        now = time.monotonic()
        if now < self._tick_due or all(tail.ended for tail in self._jobs.values()):
            return False
        self._tick_due = now + TICK_S
        return True

    def _find_jobs(self, project: Path | None) -> None:
        if project is None:
            self._jobs, self._list = {}, None
            return
        if self._list is None or self._list.project != project:
            self._list, self._waiting = JobList(project, JobFolder), []
        # One that leaves the queue changes nothing in the folder of jobs: look again until then.
        if not self._list.look() and all(folder.never_began for folder in self._waiting):
            return
        folders = self._list.folders
        self._waiting = [folder for folder in folders if folder.never_began]
        waiting = {folder.name for folder in self._waiting}
        self._jobs = self._newest(f for f in folders if f.name not in waiting)

    def _newest(self, folders: Iterable[JobFolder]) -> dict[str, JobTail]:
        """The newest job of each stage; tails that still hold are kept with their offsets."""
        found: dict[str, JobTail] = {}
        for folder in folders:
            try:
                stages = [s.stage for s in folder.job().steps]
            except FstuiError:
                continue  # a damaged job hides no sound one
            for stage in stages:
                if stage in STAGES and stage not in found:
                    old = self._jobs.get(stage)
                    same = old is not None and old.folder.path == folder.path
                    found[stage] = old if same and old else JobTail(folder, stage)
            if len(found) == len(STAGES):
                break
        return found


class Tick(NamedTuple):
    """Time went by while a job runs, whether it said something or not."""


class TailProblem(NamedTuple):
    """What keeps looks from being made."""

    text: str
    """Empty when they can be made again."""


def told_before(path: Path, end: int) -> Iterator[bytes]:
    """Lines of the first `end` bytes of a job's events, but for figures: a training of a day has
    170 000 of those."""
    if not end:
        return
    with open(path, "rb") as file:
        for line in file:
            end -= len(line)
            if end < 0:
                return
            if not FIGURE.match(line):
                yield line


def decode(lines: Iterable[bytes]) -> Iterator[Event]:
    """Events of whole lines; what isn't one is skipped."""
    for line in lines:
        try:
            yield msgspec.json.decode(line, type=Event)
        except msgspec.MsgspecError:
            continue


def clean(line: bytes) -> str:
    """A line of raw output without escapes; of a line drawn over itself only the last form."""
    text = line.decode("utf-8", "replace").rstrip("\r").rpartition("\r")[2]
    return safe_text(strip_escapes(text).expandtabs(4))


def strip_escapes(text: str) -> str:
    """Text without terminal escape sequences (CSI and OSC)."""
    return re.sub(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|.)", "", text)


def _texts(columns: object) -> tuple[str, ...]:
    found = columns if isinstance(columns, list | tuple) else ()
    return tuple(safe_text(str(column)) for column in found)


def _number(path: Path) -> int:
    digits = re.findall(r"\d+", path.stem)
    return int(digits[-1]) if digits else 0
