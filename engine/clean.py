"""What of a project can be removed without losing work, and removing it. Light.

Nothing outside the project is touched: links are removed, never followed. What a running job uses
stays: each kind is removed under the lock of the jobs that use it.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from engine import hooks
from engine.disk import disk_use
from engine.errors import FstuiError, from_os_error
from engine.locks import holder_text
from engine.process import FileLock, is_locked
from engine.project import Project
from engine.protocol import ENDS, JobFolder, jobs_of
from engine.queue.queue import queue_of
from engine.watch.ledger import ACTIVE, Ledger

KEEP = 3
"""Ended jobs of each kind that stay."""
PLACES: dict[str, tuple[str, str]] = {
    "trash": ("trash", "model"),
    "cache": ("model/cache", "model"),
    "work": ("out/.work", "out"),
    "snapshots": ("model/snapshots", "model"),
}
"""Where each kind lies, and which of the project's locks its users hold: sets that were put aside,
training's cache of faces (made again by the next training), the pieces of unfinished conversions
(which would begin anew), saves that were kept for good."""
JOBS = "jobs"
KINDS = (*PLACES, JOBS)
USUAL = ("trash", "cache", "work", JOBS)
"""What goes where no kind is named: snapshots were kept on purpose."""
UNFINISHED_S = 3600.0
IN_USE = "a running job uses it"


class Removable(NamedTuple):
    """One file or folder."""

    kind: str
    path: Path
    bytes: int
    why_not: str = ""
    """Why it stays; empty when it can go."""


def removable(
    project: Project, kinds: tuple[str, ...] = USUAL, keep: int = KEEP
) -> list[Removable]:
    """What there is of some kinds, largest first within each."""
    found: list[Removable] = []
    for kind in kinds:
        items = _jobs(project, keep) if kind == JOBS else _places(project, kind)
        found += sorted(items, key=lambda r: -r.bytes)
    return found


def _places(project: Project, kind: str) -> Iterator[Removable]:
    name, lock = PLACES[kind]
    folder = project.path / name
    if not _lies_inside(project, folder):
        return
    why_not = IN_USE if is_locked(project.path / "locks" / lock) else ""
    for entry in os.scandir(folder):
        yield Removable(kind, Path(entry.path), _bytes(Path(entry.path)), why_not)


def _lies_inside(project: Project, folder: Path) -> bool:
    """Whether a folder is there and really one of the project's: no part of it is a link."""
    return folder.is_dir() and folder.resolve() == project.path.resolve() / folder.relative_to(
        project.path
    )


def _jobs(project: Project, keep: int) -> Iterator[Removable]:
    """Ended jobs but for the newest of each kind and those that the queue, an open run of a recipe
    or a hook still needs. Raises `Damaged` where the recipes' book can't tell."""
    if not _lies_inside(project, project.path / "jobs"):
        return
    needed = {
        name
        for item in queue_of(project.path).items()
        if item.waits or not item.entry.settled
        for name in (*item.entry.after, item.entry.again_of, item.name)
    }
    needed |= {run.job for run in Ledger(project).book.runs if run.state in ACTIVE}
    yield from _unfinished(project)
    seen: dict[str, int] = {}
    for folder in jobs_of(project.path):
        if folder.path.is_symlink() or not _is_over(folder):
            continue
        seen[folder.kind] = seen.get(folder.kind, 0) + 1
        stays = folder.name in needed or hooks.are_due(folder)
        if seen[folder.kind] > keep and not stays:
            yield Removable(JOBS, folder.path, _bytes(folder.path))


def _unfinished(project: Project) -> Iterator[Removable]:
    """Folders that never became jobs: whoever made them was killed, and not a moment ago."""
    for entry in os.scandir(project.path / "jobs"):
        path = Path(entry.path)
        plain = entry.is_dir(follow_symlinks=False) and not (path / "job.json").exists()
        if plain and time.time() - entry.stat().st_mtime > UNFINISHED_S:
            yield Removable(JOBS, path, _bytes(path))


def _is_over(folder: JobFolder) -> bool:
    return not folder.alive() and folder.current().state in ENDS


def _bytes(path: Path) -> int:
    if path.is_symlink() or path.is_file():
        return os.lstat(path).st_blocks * 512
    return disk_use(path)


# --- removing ---


def remove(project: Project, found: list[Removable]) -> list[Removable]:
    """Remove what can go; what did, and with `why_not` what did not."""
    return [_remove(project, one) for one in found if not one.why_not] + [
        one for one in found if one.why_not
    ]


def _remove(project: Project, one: Removable) -> Removable:
    """Remove one thing under the lock of those that use it; it is looked at again under it."""
    lock = FileLock(
        one.path / "lock" if one.kind == JOBS else project.path / "locks" / PLACES[one.kind][1]
    )
    try:
        if not _lies_inside(project, one.path.parent) or not lock.acquire(holder_text()):
            return one._replace(why_not=IN_USE)
        if one.path.is_symlink() or not one.path.is_dir():
            one.path.unlink(missing_ok=True)
        else:
            if one.kind == JOBS:  # without its request it is no job to anybody that looks meanwhile
                (one.path / "job.json").unlink(missing_ok=True)
            shutil.rmtree(one.path)
    except OSError as error:
        return one._replace(why_not=str(from_os_error(error, f"removing {one.path}")))
    except FstuiError as error:
        return one._replace(why_not=str(error))
    finally:
        lock.release()
    return one
