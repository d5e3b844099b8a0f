"""A project's footage as the media room and `footage` show it: what is listed, what is arriving."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Literal, NamedTuple

from engine import discard
from engine.errors import BadInput
from engine.project import INBOX, SIDES, Project, Source
from engine.store import Store
from engine.tables import Media
from engine.watch.candidates import BESIDE, Candidate, Signature, candidates, misplaced, places_of
from engine.watch.ledger import Book, Ledger

from .overview import stamp_of
from .told import Told

EVERY_S = 1.0
SETTLE_S = 2.0
"""What has stood still for so long is ready: a watcher, or somebody, can take it in."""
PLACES = (*SIDES, INBOX, BESIDE)
State = Literal[
    "extracted", "begun", "new", "missing", "arriving", "ready", "not used", "asks", "not listed"
]
"""Of what is listed the first four."""


class Found(NamedTuple):
    """What extraction found in a source."""

    done: bool
    """Whether every frame was looked at."""
    frames: int
    """Frames that were looked at."""
    with_face: int
    faces: int
    """In use."""
    rejected: int


class Clip(NamedTuple):
    """A row: a source, or what lies in a watched folder and is none."""

    place: str
    """A side, the inbox, or `BESIDE`."""
    path: Path
    state: State
    bytes: int
    source: Source | None = None
    found: Found | None = None
    why: str = ""
    """Why it isn't used, or what it asks."""

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return f"{self.place} {self.source.hash if self.source else self.path}"

    @property
    def readable(self) -> bool:
        """Whether it can be looked into."""
        return self.state not in ("missing", "arriving")


class FootageGlance(NamedTuple):
    """News of a project's footage."""

    path: Path
    project: Project
    """As it was read for this look."""
    clips: list[Clip]
    trash: int
    """How many times footage was put into the trash and is still there."""


class Footage:
    """Looks at a project's footage again and again; what was counted or read is kept."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._project: tuple[int, Project] | None = None
        self._counted: tuple[tuple[int, ...], list[tuple[Media, Found]]] = ((), [])
        self._since: dict[Path, tuple[Signature, float]] = {}
        """How what arrives looked last, and since when it does."""

    def look(self) -> FootageGlance:
        """All of it now. Raises `BadInput`, `Damaged` for a project that can't be read."""
        project = self._opened()
        found = _by_source(project, self._counts(project))
        listed = [_listed(project, s, found.get(s)) for s in project.sources()]
        new = self._arriving(project, {clip.path for clip in listed})
        clips = sorted([*listed, *new], key=lambda c: PLACES.index(c.place))  # else as they came
        return FootageGlance(self.path, project, clips, len(discard.thrown(project)))

    def _opened(self) -> Project:
        stamp = os.stat(self.path / "project.toml").st_mtime_ns
        if self._project is None or self._project[0] != stamp:
            self._project = stamp, Project.open(self.path)
        return self._project[1]

    def _counts(self, project: Project) -> list[tuple[Media, Found]]:
        stamp = stamp_of(project.db_path)
        if self._counted[0] != stamp:
            self._counted = stamp, counts(project)
        return self._counted[1]

    def _arriving(self, project: Project, listed: set[Path]) -> list[Clip]:
        ledger = Ledger(project)
        there = [c for c in _candidates(project) if c.path not in listed]
        now = time.time()
        since = {}
        for one in there:
            known = self._since.get(one.path)
            still = known is not None and known[0] == one.signature
            # A file that lay there before the first look has stood still since it was written.
            begun = now if self._since.get(one.path) else min(now, one.signature.newest_ns / 1e9)
            since[one.path] = known if still and known else (one.signature, begun)
        self._since = since
        return [_arrived(ledger, one, now - since[one.path][1]) for one in there]


def of_footage(path: Path, every_s: float = EVERY_S) -> Told[FootageGlance]:
    """A question for `Tail.also`: all of a project's footage."""
    return Told(Footage(path).look, every_s)


def counts(project: Project) -> list[tuple[Media, Found]]:
    """What faces.db has of each medium."""
    if not project.db_path.exists():
        return []
    try:
        with Store(project.db_path, readonly=True) as store:
            frames = dict(store.rows("SELECT media, COUNT(*) FROM frame GROUP BY media"))
            faces = {
                row[0]: row[1:]
                for row in store.rows(
                    "SELECT frame.media, COUNT(DISTINCT face.frame), COUNT(*),"
                    " COALESCE(SUM(face.rejected), 0)"
                    " FROM face JOIN frame ON frame.id = face.frame GROUP BY frame.media"
                )
            }
            media = store.media()
    except BadInput:
        return []  # made a moment ago and still empty
    return [(m, _found(m, frames.get(m.id, 0), faces.get(m.id, (0, 0, 0)))) for m in media]


def _found(media: Media, frames: int, faces: tuple[int, int, int]) -> Found:
    with_face, every, rejected = faces
    return Found(bool(media.done), frames, with_face, every - rejected, rejected)


def _by_source(project: Project, counted: list[tuple[Media, Found]]) -> dict[Source, Found]:
    """What was found in each source; the films of a folder add up."""
    by_hash = {(s.side, s.hash): s for s in project.sources()}
    by_path = {(s.side, s.path): s for s in project.sources()}
    found: dict[Source, Found] = {}
    for media, new in counted:
        source = (
            by_hash.get((media.side, media.hash))
            or by_path.get((media.side, media.path))
            or by_path.get((media.side, str(Path(media.path).parent)))
        )
        if source is None:
            continue
        old = found.get(source)
        found[source] = _sum(old, new) if old else new
    return found


def _sum(a: Found, b: Found) -> Found:
    return Found(a.done and b.done, *(x + y for x, y in zip(a[1:], b[1:], strict=True)))


def _listed(project: Project, source: Source, found: Found | None) -> Clip:
    path = project.source_path(source)
    state: State = "new"
    if not path.exists():
        state = "missing"
    elif found is not None and (found.done or found.frames):
        state = "extracted" if found.done else "begun"
    return Clip(source.side, path, state, source.size, source, found)


def _candidates(project: Project) -> list[Candidate]:
    found: list[Candidate] = []
    for place in places_of(project):
        try:
            found += candidates(place.name, place.path)
        except OSError:
            continue  # the watch room says that it is away
    try:
        return found + list(misplaced(project.path / "media"))
    except OSError:
        return found


def _arrived(ledger: Ledger, one: Candidate, still_s: float) -> Clip:
    """What is to be said of something that isn't listed: the watcher's word, where it has one."""
    state, why = _word(ledger.book, ledger.key(one.path), one.signature)
    if not state:
        state = "ready" if still_s >= SETTLE_S else "arriving"
    return Clip(one.place, one.path, state, one.signature.bytes, why=why)


def _word(book: Book, key: str, signature: Signature) -> tuple[State | Literal[""], str]:
    arrival = book.files.get(key)
    if arrival is None or arrival.signature != signature:
        return "", ""
    words: dict[str, State] = {"dead": "not used", "question": "asks", "taken": "not listed"}
    return words.get(arrival.fate, ""), arrival.why
