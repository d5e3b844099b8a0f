"""What commands answer with under `--json`: the structs are the schema, `--schema` prints it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from engine.protocol import Snapshot
from engine.queue.turn import Turn


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every answer's base: no field that its schema doesn't name."""


# --- status ---


class SideAnswer(Answer, frozen=True):
    """What one side has."""

    side: str
    sources: int
    done: int
    """Sources that were looked at to their end."""
    frames: int
    frames_with_face: int
    faces: int
    """Faces in use."""
    rejected: int


class StageAnswer(Answer, frozen=True):
    """Where a stage stands and what moves it on."""

    name: str
    state: str
    """needs, ready, running, part or done."""
    words: str
    command: str
    """What to type next; empty when nothing is due."""


class JobAnswer(Snapshot, kw_only=True, forbid_unknown_fields=True):
    """A job's true state."""

    name: str


class LetterAnswer(Answer, frozen=True):
    """Footage that arrived and was not used, or that there is a question about."""

    path: str
    time: str
    """UTC, ISO 8601."""
    why: str
    place: str
    """Where it arrived."""


class RecipeRunAnswer(Answer, frozen=True):
    """One run of a recipe."""

    recipe: str
    state: str
    """waiting, queued, running, done or failed."""
    why: str
    job: str
    time: str
    files: list[str]


class BookAnswer(Answer, frozen=True):
    """What became of footage that arrived."""

    dead: list[LetterAnswer]
    questions: list[LetterAnswer]
    runs: list[RecipeRunAnswer]


class ArrivalsAnswer(BookAnswer, frozen=True):
    """`arrivals PROJECT --json`: the same, and what waits for a watcher."""

    new: list[str]
    """Paths of footage that no watcher has decided about yet."""
    watched: bool
    """Whether a watcher runs."""


class ProjectAnswer(Answer, frozen=True):
    """One project; `status --json` answers with a list of them, `status PROJECT` with one."""

    name: str
    path: str
    damaged: str
    """Why the project can't be opened; empty when it can."""
    last_activity: float
    """UNIX time."""
    sides: dict[str, SideAnswer]
    people: dict[str, str]
    stages: list[StageAnswer]
    iteration: int | None
    results: list[str]
    job: JobAnswer | None
    arrivals: BookAnswer | None
    """None where that can't be read."""
    disk_bytes: int | None = None
    """Of one project alone."""


class FoundAnswer(Answer, frozen=True):
    """What extraction found in a source."""

    done: bool
    """Whether every frame was looked at."""
    frames: int
    """Frames that were looked at."""
    with_face: int
    faces: int
    """In use."""
    rejected: int


class ClipAnswer(Answer, frozen=True):
    """One of `footage list --json`: a source, or what lies in a watched folder."""

    place: str
    """a, b, target, inbox, or "" beside them."""
    path: str
    state: Literal[
        "extracted",
        "begun",
        "new",
        "missing",
        "arriving",
        "ready",
        "not used",
        "asks",
        "not listed",
    ]
    bytes: int
    added: str
    """UTC, ISO 8601; empty for what isn't listed."""
    why: str
    found: FoundAnswer | None


class KeptAnswer(Answer, frozen=True):
    """One of `project list --json`: a project in the archive or the trash."""

    place: Literal["archive", "trash"]
    name: str
    path: str
    bytes: int


# --- people ---


class RecordAnswer(Answer, frozen=True):
    """Who a side shows and on what ground; `people PROJECT --json` answers with one by side."""

    name: str
    ground: str
    recorded_by: str
    recorded_at: str
    """UTC, ISO 8601."""
    until: str
    """The last day on which the ground holds; empty if it has no end."""
    problem: str
    """What is missing or out of date, words that go on after the name; empty where it holds."""


# --- queue ---


class QueuedAnswer(Answer, frozen=True):
    """One job that waits in the queue."""

    place: int
    """From 1 on."""
    project: str
    """Its folder's name."""
    job: str
    kind: str
    standing: str
    """ready, held, still, damaged, after, blocked, rests, hours, project, device, disk or
    trouble."""
    why: str
    """What it waits for, in words."""
    priority: int
    after: list[str]
    attempt: int
    needs_bytes: int
    """About what it adds to the disk; 0 where that isn't known."""
    path: str


class QueueAnswer(Answer, frozen=True):
    """`queue list --json`."""

    workspace: str
    stands_still: bool
    """Some of it begins only after `queue run`: the machine was started since it was queued."""
    kept: bool
    """Whether a process is there that starts what can start."""
    waiting: list[QueuedAnswer]


def queued(place: int, turn: Turn) -> QueuedAnswer:
    """One row of the queue."""
    item, entry = turn.item, turn.item.entry
    return QueuedAnswer(
        place=place,
        project=item.folder.project.name,
        job=item.name,
        kind=item.job.kind if item.job else "",
        standing=str(turn.standing),
        why=turn.why,
        priority=entry.priority,
        after=entry.after,
        attempt=entry.attempt,
        needs_bytes=entry.needs_bytes,
        path=str(item.folder.path),
    )


# --- doctor, settings, clean, service ---


class FindingAnswer(Answer, frozen=True):
    """One thing that `doctor` looked at."""

    name: str
    verdict: Literal["good", "note", "bad"]
    words: str
    """What was found, and what to do where that is not good."""


class SettingAnswer(Answer, frozen=True):
    """One setting, the user's or a project's."""

    name: str
    value: Any
    default: Any
    set: bool
    """Whether the value differs from the default."""
    help: str
    bounds: str


class RemovableAnswer(Answer, frozen=True):
    """Something that `clean` can remove."""

    kind: str
    path: str
    """Within the project."""
    bytes: int
    why_not: str
    """Why it stays; empty when it can go."""


class CleanAnswer(Answer, frozen=True):
    """`clean PROJECT --json`."""

    project: str
    found: list[RemovableAnswer]
    bytes: int
    """Of all that can go."""
    removed: bool


class ServiceAnswer(Answer, frozen=True):
    """`service status --json`."""

    installed: bool
    enabled: bool
    active: bool
    lingers: bool
    """Whether it starts at boot, without a log-in."""
    unit: str
    """The unit's file."""
