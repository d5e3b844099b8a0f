"""Plays a recorded job into a project at any speed, as an engine that holds the job's lock.

A recording is a real job's `events.jsonl` with its request before it, times counted from its
beginning, and no path, process or machine in it. To make one anew, from the project's root:

    PYTHONPATH=. python tests/rooms/player.py record PROJECT/jobs/NAME tests/rooms/recordings/KIND
    PYTHONPATH=. python tests/rooms/player.py play PROJECT KIND 10
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from fake import FakeEngine

from engine import history
from engine.eventlog import Event
from engine.fold import fold
from engine.protocol import Job, JobFolder
from engine.sessions import Diary

RECORDINGS = Path(__file__).with_name("recordings")
KINDS = ("extract", "train", "convert")
SNAPSHOT_S = 1.0
"""Recorded time between two snapshots, as the supervisor writes them."""
BEGUN = ("start", "step")
"""Events that the fake engine writes itself as it begins."""


class Recording(NamedTuple):
    """A job's request and what it said."""

    job: Job
    events: list[Event]
    """Their times are seconds from the job's beginning."""

    @property
    def seconds(self) -> float:
        """How long the job took."""
        return self.events[-1].t


def load(kind: str) -> Recording:
    """A recording of tests/rooms/recordings."""
    first, *rest = (RECORDINGS / f"{kind}.jsonl").read_bytes().splitlines()
    return Recording(
        msgspec.json.decode(first, type=Job), [msgspec.json.decode(e, type=Event) for e in rest]
    )


def record(folder: JobFolder, path: Path) -> None:
    """Write what an ended job said into a file."""
    events, _ = folder.events()
    last = next(n for n, event in enumerate(events) if event.k == "end")
    begin = events[0].t
    lines: list[Any] = [folder.job()]
    for event in events[: last + 1]:
        if event.k == "start":
            event.data |= {"pid": 0, "host": "box"}
        lines.append(Event(round(event.t - begin, 3), event.k, event.data))
    text = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    path.with_suffix(".jsonl").write_bytes(text.replace(f"{folder.project}/".encode(), b""))


def play(
    project: Path,
    kind: str,
    speed: float,
    *,
    wait: Callable[[float], object] = time.sleep,
    begun: Callable[[], object] = lambda: None,
) -> JobFolder:
    """Say all that a recorded job said, in its own time over `speed`, and end as it did. A training
    goes on behind the history that is there.

    `begun` is called as soon as the job is there, `wait` with the seconds to each event.
    """
    recording = load(kind)
    engine = FakeEngine(project, recording.job.kind, steps=recording.job.steps)
    told = [e.data["iteration"] for e in recording.events if "iteration" in e.data]
    onto = max(0, _reached(project) - min(told, default=0) + 1) if told else 0
    begun()
    start, written = time.monotonic(), 0.0
    for event in recording.events[len(BEGUN) :]:
        wait(max(0.0, start + event.t / speed - time.monotonic()))
        _say(engine, event, onto)
        if event.k != "end" and event.t - written >= SNAPSHOT_S:
            written = event.t
            engine.put()
    return engine.folder


def _reached(project: Path) -> int:
    """The last iteration of a project's history, 0 without one."""
    folder = project / "model" / "history"
    last = history.read_level(folder, 0, history.records(folder) - 1, 1)
    return last[0].iteration if last else 0


def _say(engine: FakeEngine, event: Event, onto: int) -> None:
    """One event, with the files that go with it; iterations are counted on from `onto`."""
    data = event.data
    if "iteration" in data:
        data["iteration"] += onto
    match event.k:
        case "step":
            engine.step(data["index"])
            return
        case "end":
            engine.end(data["state"], data["exit"], data["message"])
            return
        case "preview":
            engine.picture(engine.folder.path / data["path"], sheet="sheet" in data)
        case "metric":
            figures = (data[name] for name in ("loss_a", "loss_b", "rate"))
            assert engine.history is not None
            engine.history.append(data["iteration"], time.time(), *figures)
        case "save":
            Diary(engine.folder.project / "model").mark("save", data["iteration"])
    engine.folder.append(event.k, **data)
    fold(engine.snapshot, Event(time.time(), event.k, data))


def main(verb: str, place: str, name: str, speed: str = "10") -> None:
    """Record a job, or play one."""
    if verb == "record":
        record(JobFolder(Path(place).resolve()), Path(name))
    else:
        play(Path(place), name, float(speed), begun=lambda: print("ready", flush=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
