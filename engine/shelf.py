"""Whole projects of a workspace: renamed, duplicated, put into its archive or its trash, and taken
out again. Light.

A project is a folder, so each of these is one rename on one file system, whole or not at all; a
duplicate is made aside and renamed when it is complete. None happens while a job runs, and none
begins meanwhile.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Literal, NamedTuple

from engine.disk import disk_use
from engine.errors import AlreadyRunning, BadInput, Damaged, from_os_error
from engine.locks import PROJECT_LOCKS, hold_locks
from engine.process import is_locked
from engine.project import Project
from engine.protocol import jobs_of, safe_text
from engine.queue.queue import queue_of
from engine.workspace import RESERVED, check_name, is_project

Place = Literal["archive", "trash"]
LEFT_OUT = frozenset({"jobs", "out", "trash", "locks", "arrivals.json"})
"""What a duplicate begins without: what belongs to the work that was done, not to the next."""
EMPTY = ("jobs", "out", "trash", "locks")
QUEUE_PATIENCE_S = 1.0
"""How long a move waits for the queue's lock: a dialogue waits with it."""


class Kept(NamedTuple):
    """A project in the archive or the trash."""

    place: Place
    name: str
    """Its folder's name there."""
    path: Path
    since: float
    """UNIX time when its folder was moved or changed last."""


def kept(workspace: Path) -> list[Kept]:
    """What is in the archive and in the trash, by name."""
    found = []
    for place in RESERVED:
        folder = workspace / place
        try:
            paths = sorted(p for p in folder.iterdir() if is_project(p))
            found += [Kept(place, path.name, path, path.stat().st_ctime) for path in paths]
        except OSError:
            continue
    return found


def refuse_if_busy(path: Path) -> None:
    """Raise `AlreadyRunning` while a job of a project runs or uses a part of it."""
    running = next((f for f in jobs_of(path) if f.alive()), None)
    if running is not None:
        raise AlreadyRunning(f"{running.name} runs: 'stop' ends it, then try again.")
    try:
        locks = list((path / "locks").iterdir())
    except OSError:
        return
    if any(is_locked(lock) for lock in locks):
        raise AlreadyRunning(
            f"Another program uses {safe_text(path.name)}: try again when it ends."
        )


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """No job of a project runs, and what is started now doesn't get its part of it. Raises
    `AlreadyRunning`."""
    refuse_if_busy(path)
    try:
        held = hold_locks(path, sorted(set(PROJECT_LOCKS.values())))
    except OSError as error:
        raise from_os_error(error, f"taking the locks of {path}") from error
    try:
        yield
    finally:
        for lock in held:
            lock.release()


def _queue_stands(path: Path) -> AbstractContextManager[None]:
    """Nothing of a project's queue begins meanwhile: a job's folder may not move under it. Raises
    `AlreadyRunning`."""
    queue = queue_of(path)
    return queue.locked(QUEUE_PATIENCE_S) if queue.folder.is_dir() else nullcontext()


def rename(path: Path, name: str) -> Path:
    """Give a project another name; its folder then. Raises `BadInput`, `AlreadyRunning`."""
    with _queue_stands(path), _alone(path):
        return _move(path, path.parent / check_name(name))


def put_away(path: Path, place: Place) -> Path:
    """Move a project into the archive or the trash of its workspace, under a free name; where it
    is then. Raises `AlreadyRunning`, `NoSpace`, `BadInput`."""
    folder = path.parent / place
    with _queue_stands(path), _alone(path):
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise from_os_error(error, f"making {folder}") from error
        aim = folder / path.name
        while os.path.lexists(aim):
            aim = folder / f"{path.name}-{secrets.token_hex(2)}"
        return _move(path, aim)


def take_out(path: Path, name: str = "") -> Path:
    """Move a project from the archive or the trash back into the workspace, perhaps under another
    name. Raises `BadInput` for a name that is taken."""
    return _move(path, path.parent.parent / check_name(name or path.name))


def remove(path: Path) -> int:
    """Delete a project that is in the trash for good; the bytes that it held. Raises `BadInput`
    for one that is not there."""
    if path.parent.name != "trash" or not is_project(path):
        raise BadInput(f"{safe_text(str(path))} is not in a trash: nothing is deleted.")
    size = disk_use(path)
    try:
        shutil.rmtree(path)
    except OSError as error:
        raise from_os_error(error, f"deleting {path}") from error
    return size


def duplicate(path: Path, name: str, *, model: bool) -> tuple[Path, bool]:
    """A second project with the same footage, faces and people, with or without the model. Files
    that are only ever replaced whole (footage, crops, weights) are linked where the file system
    can; the folder, and whether they all were.

    Raises `BadInput` for a name that is taken, `AlreadyRunning`, `NoSpace`.
    """
    aim = path.parent / check_name(name)
    _refuse_taken(aim)
    aside = path.parent / f".{aim.name}-{secrets.token_hex(4)}"
    try:
        with _alone(path):
            linked = _copy_to(aside, path, model=model)
        _refuse_taken(aim)
        os.rename(aside, aim)
    except BaseException as error:
        shutil.rmtree(aside, ignore_errors=True)
        if isinstance(error, OSError):
            raise from_os_error(error, f"duplicating {path}") from error
        raise
    return aim, linked


def _copy_to(aside: Path, path: Path, *, model: bool) -> bool:
    """Make the duplicate in a folder of its own; whether all large files were linked."""
    aside.mkdir(mode=0o700)
    linked = True
    for source in _files(path, LEFT_OUT if model else LEFT_OUT | {"model"}):
        linked &= _bring(source, aside / source.relative_to(path))
    for folder in (*EMPTY, *(() if model else ("model",))):
        (aside / folder).mkdir(exist_ok=True)
    for folder in (p for p in (path / "media").rglob("*") if p.is_dir() and not p.is_symlink()):
        (aside / folder.relative_to(path)).mkdir(parents=True, exist_ok=True)
    return linked


def _files(path: Path, left_out: frozenset[str]) -> Iterator[Path]:
    """Every file that is taken along; links are no files of the project."""
    for entry in sorted(path.iterdir()):
        if entry.name in left_out or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from (p for p in entry.rglob("*") if p.is_file() and not p.is_symlink())
        elif not entry.name.endswith(("-wal", "-shm")):
            yield entry


def _bring(source: Path, aim: Path) -> bool:
    """Link or copy one file; whether it was no copy where a link would do."""
    aim.parent.mkdir(parents=True, exist_ok=True)
    if source.name == "faces.db":
        address = f"file:{source}?mode=ro"
        with (
            closing(sqlite3.connect(address, uri=True)) as old,
            closing(sqlite3.connect(aim)) as new,
        ):
            old.backup(new)
        return True
    if source.suffix in (".toml", ".jsonl", ".json") or "history" in source.parts:
        shutil.copy2(source, aim)  # written in place, or added to
        return True
    try:
        os.link(source, aim)
    except OSError:
        shutil.copy2(source, aim)
        return False
    return True


def _refuse_taken(aim: Path) -> None:
    if os.path.lexists(aim):
        raise BadInput(f"'{safe_text(aim.name)}' is there already: choose another name.")


def _move(path: Path, aim: Path) -> Path:
    with suppress(Damaged):  # that it is damaged may be why it goes
        Project.open(path)
    _refuse_taken(aim)
    try:
        os.rename(path, aim)
    except OSError as error:
        raise from_os_error(error, f"moving {path} to {aim}") from error
    return aim
