"""What became of footage that arrived: `arrivals.json` of a project. Light.

The watcher and the commands change it, each under one lock, so a watcher that was killed finds what
it had half done, and an answer to a question reaches the one that runs.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from engine.errors import AlreadyRunning, BadInput, Damaged, from_os_error
from engine.process import FileLock
from engine.project import INBOX, Project, now
from engine.protocol import Step, safe_text, write_atomic
from engine.watch.candidates import Signature
from engine.watch.recipes import STAGES

FILE = "arrivals.json"
VERSION = 1
PATIENCE_S = 5.0
RUNS_KEPT = 50
"""Finished runs that are remembered."""

Fate = Literal["taking", "taken", "dead", "question", "filed"]
"""`taking` is being listed, `filed` was put from the inbox to a side and is to be taken there."""

RunState = Literal["waiting", "queued", "running", "done", "failed"]
"""`waiting` for what no queue knows of, `queued` while its job or a later try stands there."""


class Arrival(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a file or a folder of pictures."""

    place: str
    """Where it lies: a, b, target, inbox, or "" beside them."""
    fate: Fate
    signature: Signature = Signature(0, 0, 0)
    """How it looked then: when it looks otherwise it arrives anew."""
    time: str = ""
    """UTC, ISO 8601."""
    why: str = ""
    """Of dead letters and questions."""
    from_inbox: bool = False

    @property
    def came_by(self) -> set[str]:
        """The folders that it arrived in, as recipes name them: also the inbox that it was sorted
        from."""
        return {self.place, INBOX} if self.from_inbox else {self.place}

    @property
    def decided(self) -> bool:
        """Whether nothing is left to do about it as long as it looks so."""
        return self.fate in ("taken", "dead", "question")


class Run(msgspec.Struct, omit_defaults=True):
    """A recipe at work for what arrived."""

    id: str
    recipe: str
    files: dict[str, str]
    """What arrived, by path, and the side that it was taken in to."""
    state: RunState = "waiting"
    why: str = ""
    """What it waits for, or how it ended."""
    steps: list[Step] = []
    """As first planned, so that going on after a kill does the same and not more."""
    job: str = ""
    """The job that does it, or did last: the newest try."""
    tries: int = 0
    """How often it was queued before."""
    time: str = ""
    """UTC, ISO 8601: its last change."""

    @property
    def mark(self) -> str:
        """What the job that was queued for it bears, other than that of an earlier time."""
        return f"{self.id}-{self.tries}"


class Book(msgspec.Struct):
    """`arrivals.json`."""

    v: int = VERSION
    files: dict[str, Arrival] = {}
    """By path: relative to the project inside it, else absolute."""
    runs: list[Run] = []

    def of(self, fate: Fate) -> dict[str, Arrival]:
        """The arrivals of one fate, oldest first."""
        found = [(path, a) for path, a in self.files.items() if a.fate == fate]
        return dict(sorted(found, key=lambda item: item[1].time))

    def trainings(self, but: str = "") -> list[str]:
        """Jobs that train for a run other than one: a conversion is to have their model."""
        return [
            run.job
            for run in self.runs
            if run.id != but
            and run.state in ("queued", "running")
            and any(step.stage == "train" for step in run.steps)
        ]

    def find(self, name: str, *fates: Fate) -> str:
        """The path of an arrival of some fates by its path or its name. Raises `BadInput`."""
        among = [path for fate in fates for path in self.of(fate)]
        hits = [p for p in among if p == name] or [p for p in among if Path(p).name == name]
        if len(hits) == 1:
            return hits[0]
        known = ", ".join(among) or "none"
        problem = "More than one" if hits else "No"
        raise BadInput(safe_text(f"{problem} such file is called '{name}': there is {known}."))


class Ledger:
    """A project's `arrivals.json`, read again whenever somebody has changed it."""

    def __init__(self, project: Project) -> None:
        self.project = project.path
        self.path = project.path / FILE
        self._book, self._stamp = Book(), (0, 0)

    def key(self, path: Path) -> str:
        """How a path is written in the book."""
        return str(path).removeprefix(f"{self.project}{os.sep}")

    @property
    def book(self) -> Book:
        """The book as it is now; not to be changed. Raises `Damaged`."""
        stamp = self._stamp_now()
        if stamp != self._stamp:
            self._book, self._stamp = self._read(), stamp
        return self._book

    @contextmanager
    def change(self) -> Iterator[Book]:
        """Change the book and write it back. Raises `AlreadyRunning`, `Damaged`, `NoSpace`."""
        lock = FileLock(self.project / "locks" / "arrivals")
        try:
            patience = time.monotonic() + PATIENCE_S
            while not lock.acquire():
                if time.monotonic() > patience:
                    raise AlreadyRunning(f"{self.path} is being changed by another program.")
            book = self._read()
            before = msgspec.json.encode(book)
            yield book
            _forget_old(book)
            after = msgspec.json.encode(book)
            if after != before:
                write_atomic(self.path, after)
            self._book, self._stamp = book, self._stamp_now()
        except OSError as error:
            raise from_os_error(error, f"writing {self.path}") from error
        finally:
            lock.release()

    def drop(self, path: Path) -> None:
        """Forget a file."""
        with self.change() as book:
            book.files.pop(self.key(path), None)

    def _stamp_now(self) -> tuple[int, int]:
        try:
            found = os.stat(self.path)
        except OSError:
            return 0, 0
        return found.st_ino, found.st_mtime_ns

    def _read(self) -> Book:
        try:
            book = msgspec.json.decode(self.path.read_bytes(), type=Book)
        except FileNotFoundError:
            return Book()
        except (OSError, msgspec.MsgspecError) as error:
            raise Damaged(
                f"{self.path} can't be read: {safe_text(str(error))}: mend it, or move it away: "
                "what lies in the watched folders is looked at anew then."
            ) from error
        if book.v > VERSION:
            raise Damaged(f"{self.path} is of a newer fstui (version {book.v}): update it.")
        # The book may have come with a project from elsewhere: it starts what recipes may, no more.
        if strange := {s.stage for run in book.runs for s in run.steps} - set(STAGES):
            shown = safe_text(", ".join(sorted(strange)))
            raise Damaged(f"{self.path} has steps that are none of a recipe's: {shown}.")
        return book


def stamped(arrival: Arrival) -> Arrival:
    """With the time of now."""
    return msgspec.structs.replace(arrival, time=now())


def retry(ledger: Ledger, name: str) -> str:
    """Have a recipe's newest failed run, a dead letter or a question tried again; what it is.
    Raises `BadInput`."""
    failed = [r.id for r in ledger.book.runs if r.state == "failed" and r.recipe == name]
    return retry_run(ledger, failed[-1]) if failed else retry_file(ledger, name)


def retry_run(ledger: Ledger, run_id: str) -> str:
    """Have one failed run tried again; what it is. Raises `BadInput` where it isn't failed."""
    with ledger.change() as book:
        for run in book.runs:
            if run.id == run_id and run.state == "failed":
                run.state, run.why = "waiting", ""
                run.tries += 1
                return f"recipe {run.recipe}"
    raise BadInput("This run has not failed, or is forgotten by now: nothing to try again.")


def retry_file(ledger: Ledger, name: str) -> str:
    """Have a dead letter or a question looked at again; its path. That it came by the inbox stays.
    Raises `BadInput`."""
    with ledger.change() as book:
        path = book.find(name, "dead", "question")
        known = book.files.pop(path)
        if known.from_inbox:
            book.files[path] = stamped(Arrival(known.place, "filed", from_inbox=True))
        return path


def _forget_old(book: Book) -> None:
    """Keep the newest of the finished runs."""
    done = [run for run in book.runs if run.state in ("done", "failed")]
    old = {id(run) for run in done[:-RUNS_KEPT]}
    book.runs = [run for run in book.runs if id(run) not in old]
