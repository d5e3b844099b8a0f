"""The sessions of a model: what each training job did, in `model/sessions.jsonl`.

A line for a job's beginning, one for each mark (a save, a snapshot, a roll-back, a change of a
setting), one for its end; each is on the disk before training goes on, and none is ever changed.
Standard library and msgspec only: the interface reads this.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from engine.eventlog import Event, append_event, read_events

NAME = "sessions.jsonl"
Kind = Literal["save", "snapshot", "rollback", "memory", "change"]
"""Of marks: `memory` is a batch that was made smaller, `change` a setting changed while running."""
BEGIN, END = "begin", "end"
"""The lines around a job's marks."""


class Mark(msgspec.Struct, frozen=True):
    """Something that happened at an iteration."""

    kind: str
    iteration: int
    time: float
    """UNIX time."""
    words: str = ""
    """What a chart writes beside it."""


class Session(msgspec.Struct):
    """One job's training."""

    job: str
    began: float
    """UNIX time."""
    first: int
    """Iteration that it began from."""
    last: int
    """Iteration that is known to be reached: of a killed job its last mark's."""
    seconds: float = 0.0
    """Training time, without compiling and pauses."""
    examples: int = 0
    """Faces of both sides that went through the network."""
    faces_a: int = 0
    faces_b: int = 0
    batch: int = 0
    """Faces of each side in a step, at the beginning."""
    settings: dict[str, Any] = {}
    """Those that differ from the defaults."""
    ended: float | None = None
    """UNIX time; None while it runs and when it was killed."""
    how: str = ""
    """The sentence that it ended with."""
    marks: list[Mark] = []

    @property
    def rate(self) -> float:
        """Examples a second (the trade's EGs/s)."""
        return self.examples / self.seconds if self.seconds > 0.0 else 0.0


class Diary:
    """Writes one session; the training step is the only writer. All raise `OSError`."""

    def __init__(self, model: Path) -> None:
        self.path = model / NAME

    def begin(self, job: str, iteration: int, **facts: Any) -> None:
        """The first line: `faces_a`, `faces_b`, `batch` and `settings` are the facts."""
        self._append(BEGIN, job=job, iteration=iteration, **facts)

    def mark(self, kind: Kind, iteration: int, words: str = "", **facts: Any) -> None:
        """A mark; `seconds` and `examples` say how far the session is."""
        self._append(kind, iteration=iteration, words=words, **facts)

    def end(self, iteration: int, how: str, **facts: Any) -> None:
        """The last line."""
        self._append(END, iteration=iteration, how=how, **facts)

    def _append(self, kind: str, **data: Any) -> None:
        append_event(self.path, kind, data, durable=True)


def read(model: Path) -> list[Session]:
    """All sessions, oldest first; lines that can't be read are left out."""
    events, _ = read_events(model / NAME)
    return list(_sessions(events))


class Place(NamedTuple):
    """How far a model's diary was read."""

    file: int = 0
    """Its inode: a model that is begun anew has another diary; 0 where there is none."""
    offset: int = 0
    """Bytes."""


BEGINNING = Place()


def marks_from(model: Path, place: Place = BEGINNING) -> tuple[list[Mark], Place]:
    """Marks of all jobs behind a place in the diary, and the place to go on from; of another diary
    than the place's all of them. A job's beginning is a mark too."""
    file = _inode(model / NAME)
    events, end = read_events(model / NAME, place.offset if file == place.file else 0)
    found = []
    for event in events:
        try:
            line = msgspec.convert(event.data, _Line)
        except msgspec.ValidationError:
            continue
        if event.k != END:
            found.append(Mark(event.k, line.iteration, event.t, line.words))
    return found, Place(file, end)


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def _sessions(events: list[Event]) -> Iterator[Session]:
    now: Session | None = None
    for event in events:
        try:
            if event.k == BEGIN:
                if now:
                    yield now
                now = _begun(event)
            elif now:
                _follow(now, event)
        except msgspec.ValidationError:
            continue
    if now:
        yield now


def _begun(event: Event) -> Session:
    data = {**event.data, "began": event.t, "first": event.data.get("iteration")}
    return msgspec.convert({**data, "last": data["first"]}, Session)


class _Line(msgspec.Struct):
    """What a mark and an end say."""

    iteration: int
    words: str = ""
    how: str = ""
    seconds: float | None = None
    examples: int | None = None


def _follow(session: Session, event: Event) -> None:
    line = msgspec.convert(event.data, _Line)
    session.last = line.iteration
    session.seconds = line.seconds if line.seconds is not None else session.seconds
    session.examples = line.examples if line.examples is not None else session.examples
    if event.k == END:
        session.ended, session.how = event.t, line.how
    else:
        session.marks.append(Mark(event.k, line.iteration, event.t, line.words))
