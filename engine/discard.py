"""Footage put from a project into its trash, with its faces, and taken back from there. Light.

In the trash it is a folder with the files under their places in the project, the rows of faces.db
and `footage.json`, which says what it was. Footage that lies outside the project stays where it is
and is only listed no more.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from engine import mediarows
from engine.disk import disk_use
from engine.errors import BadInput, Damaged, NothingToDo, from_os_error
from engine.locks import hold_locks
from engine.project import Project, Source, enter_sources, now
from engine.protocol import safe_text, write_atomic
from engine.store import Store
from engine.tables import Media

VERSION = 1
FILE, ROWS = "footage.json", "faces.db"
USERS = ("faces", "model", "out")
"""Locks of the jobs that read footage and faces."""
PARTS = ("media", "faces")
"""Folders of a project from which something is moved."""


class Thrown(msgspec.Struct, frozen=True):
    """`footage.json`."""

    v: int
    time: str
    """UTC, ISO 8601."""
    sources: list[Source]
    moved: list[str]
    """What lies here, by its places relative to the project."""
    faces: int
    bytes: int
    """On disk, of what was moved."""


class Weight(NamedTuple):
    """What would go."""

    sources: list[Source]
    moved: list[str]
    """Files and folders relative to the project."""
    outside: int
    """Sources whose files stay where they are."""
    media: list[int]
    """Rows of faces.db."""
    faces: int
    bytes: int


def weigh(project: Project, sources: Sequence[Source]) -> Weight:
    """What putting some footage into the trash would move. Walks folders: not for the event
    loop."""
    if not sources:
        raise NothingToDo(f"No footage of {project.name} was named.")
    media, faces = _rows(project, sources)
    others = [s for s in project.sources() if s not in sources]
    inside = {
        s.path
        for s in sources
        if _is_inside(project, s.path)
        and not any(Path(other.path).is_relative_to(s.path) for other in others)
    }
    crops = {f"faces/{m.side}/{m.name}" for m in media}
    moved = [p for p in sorted(inside | crops) if os.path.lexists(project.path / p)]
    size = sum(_bytes(project.path / p) for p in moved)
    outside = sum(not _is_inside(project, s.path) for s in sources)
    return Weight(list(sources), moved, outside, [m.id for m in media], faces, size)


def discard(project: Project, sources: Sequence[Source]) -> Path:
    """Put footage with its faces into the project's trash; its folder there.

    Raises `AlreadyRunning` while a job uses footage or faces, `NoSpace`. It is written down first
    what goes: what was begun and cut off is whole again after `take_back`.
    """
    with _alone(project):
        weight = weigh(project, sources)
        folder = project.path / "trash" / f"footage-{_stamp()}-{secrets.token_hex(2)}"
        folder.mkdir(parents=True)
        thrown = Thrown(VERSION, now(), weight.sources, weight.moved, weight.faces, weight.bytes)
        write_atomic(folder / FILE, msgspec.json.encode(thrown))
        gone = {(s.side, s.path) for s in sources}
        if weight.media:
            with Store(project.db_path) as store:
                mediarows.write_out(store, weight.media, folder / ROWS)
        project.change(lambda doc: _unlist(doc, gone))
        if weight.media:
            with Store(project.db_path) as store:
                mediarows.drop(store, weight.media)
        for name in weight.moved:
            _move(project.path / name, folder / name)
    return folder


def thrown(project: Project) -> list[tuple[Path, Thrown]]:
    """Footage in the trash, newest first; what can't be read is left out."""
    try:
        folders = sorted((project.path / "trash").glob("footage-*"), reverse=True)
    except OSError:
        return []
    found = []
    for folder in folders:
        try:
            found.append((folder, _read(folder)))
        except Damaged:
            continue
    return found


def take_back(project: Project, folder: Path) -> list[Source]:
    """Put footage from the trash back to its places and list it; which it was.

    Raises `BadInput` when something has its place meanwhile, `AlreadyRunning`, `Damaged`.
    """
    with _alone(project):
        was = _read(folder)
        _refuse_taken(project, folder, was)
        for name in was.moved:
            if os.path.lexists(folder / name):
                _move(folder / name, project.path / name)
        if (folder / ROWS).exists():
            with Store(project.db_path) as store:
                have = {(m.hash, m.side) for m in store.media()}
                with Store(folder / ROWS) as rows:
                    back = [(m.hash, m.side) for m in rows.media()]
                if not have.intersection(back):  # else it was cut off before they were dropped
                    mediarows.take_in(store, folder / ROWS)
        project.change(lambda doc: enter_sources(doc, was.sources))
        _empty(folder)
    return was.sources


@contextmanager
def _alone(project: Project) -> Iterator[None]:
    """No job reads or writes footage or faces meanwhile."""
    held = hold_locks(project.path, USERS)
    try:
        yield
    except OSError as error:
        raise from_os_error(error, f"moving footage of {project.path}") from error
    finally:
        for lock in held:
            lock.release()


def _rows(project: Project, sources: Sequence[Source]) -> tuple[list[Media], int]:
    """The media of faces.db that some sources are, and how many faces they have."""
    if not project.db_path.exists():
        return [], 0
    others = [s for s in project.sources() if s not in sources]
    with Store(project.db_path, readonly=True) as store:
        media = [
            m
            for m in store.media()
            if any(_shows(s, m) for s in sources) and not any(_is(s, m) for s in others)
        ]
        return media, mediarows.count_faces(store, [m.id for m in media])


def _is(source: Source, media: Media) -> bool:
    """Whether a medium is a source."""
    return media.side == source.side and (media.hash == source.hash or media.path == source.path)


def _shows(source: Source, media: Media) -> bool:
    """Whether a medium is a source, or one of the films in a folder that is one."""
    inside = media.side == source.side and Path(media.path).is_relative_to(source.path)
    return inside or _is(source, media)


def _is_inside(project: Project, name: str) -> bool:
    """Whether a place of a source is one of the project's own: no link leads out of it."""
    path = project.path / name
    return (
        not Path(name).is_absolute()
        and Path(name).parts[:1] == ("media",)
        and path.parent.resolve().is_relative_to(project.path / "media")
    )


def _read(folder: Path) -> Thrown:
    """Raises `Damaged` for what this program didn't write: a trash may come from anywhere."""
    try:
        was = msgspec.json.decode((folder / FILE).read_bytes(), type=Thrown)
    except (OSError, msgspec.MsgspecError) as error:
        raise Damaged(
            f"{folder / FILE} can't be read: what lies beside it can be moved back by hand."
        ) from error
    for name in was.moved:
        parts = Path(name).parts
        if len(parts) < 2 or parts[0] not in PARTS or ".." in parts:
            raise Damaged(f"{folder / FILE} names '{safe_text(name)}', which is no footage.")
    return was


def _refuse_taken(project: Project, folder: Path, was: Thrown) -> None:
    """Raise `BadInput` when a place or a listing is taken."""
    listed = {(s.side, s.hash) for s in project.sources()}
    for source in was.sources:
        # Files of a removal that was cut off are still in their places: that is no clash.
        moved = not Path(source.path).is_absolute() and os.path.lexists(folder / source.path)
        if moved and (source.side, source.hash) in listed:
            raise BadInput(
                f"{safe_text(Path(source.path).name)} is footage of side {source.side} again: "
                "remove that first."
            )
    for name in was.moved:
        if os.path.lexists(folder / name) and os.path.lexists(project.path / name):
            raise BadInput(f"There is a {safe_text(name)} again: move it away first.")


def _unlist(doc: Any, gone: set[tuple[str, str]]) -> None:
    """Take `[[source]]` tables out."""
    tables = doc.get("source", [])
    for index in reversed(range(len(tables))):
        if (tables[index].get("side"), tables[index].get("path")) in gone:
            del tables[index]


def _move(path: Path, aim: Path) -> None:
    aim.parent.mkdir(parents=True, exist_ok=True)
    os.rename(path, aim)


def _empty(folder: Path) -> None:
    """Remove what is left of a folder of the trash: empty folders and its own two files."""
    for name in (FILE, ROWS, f"{ROWS}-wal", f"{ROWS}-shm"):
        (folder / name).unlink(missing_ok=True)
    for path, _, _ in os.walk(folder, topdown=False):
        try:
            os.rmdir(path)
        except OSError:
            return  # something else was put there: it stays


def _bytes(path: Path) -> int:
    if path.is_dir() and not path.is_symlink():
        return disk_use(path)
    return os.lstat(path).st_blocks * 512


def _stamp() -> str:
    return time.strftime("%Y%m%dT%H%M%S", time.gmtime())
