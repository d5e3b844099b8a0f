"""The one way out: every finished file, or folder of pictures, leaves through `release`.

What happens at it is the list `STEPS`. Previews with a visible band are no finished files.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from engine import __version__
from engine.digest import file_sha256
from engine.errors import BadInput, Damaged, from_os_error
from engine.footage import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from engine.process import fsync_folder
from engine.project import Person, Project, now
from engine.protocol import safe_text, write_atomic
from engine.trust.consent import require_cast, require_people
from engine.trust.mark import DIGITAL_SOURCE_TYPE, add_mark, mark_of, new_mark, read_mark
from engine.trust.record import (
    SIDECAR,
    VERSION,
    Model,
    Origin,
    Output,
    Painted,
    Provenance,
    listed,
    names_in,
    read_record,
    sidecar,
)
from engine.trust.xmp import Mark

__all__ = [
    "SIDECAR",
    "Model",
    "Origin",
    "Painted",
    "Provenance",
    "read_record",
    "release",
    "sidecar",
]

Cast = Sequence[tuple[Project, Painted]]
"""Models of a pass with several, each with its project."""

WORKERS = 8
"""Files of a folder in work at the same time: the disk's syncs overlap."""

T = TypeVar("T")
R = TypeVar("R")


@dataclass
class Leaving:
    """What is on its way out; the steps add what they find."""

    project: Project
    staged: Path
    """A finished file or folder in the project's `out/.work`."""
    aim: Path
    """What it will be called."""
    model: Model
    source: Origin
    settings: dict[str, Any]
    fingerprint: str
    cast: Cast = ()
    people: dict[str, Person] = field(default_factory=dict)
    output: Output | None = None

    @property
    def mark(self) -> Mark:
        """What every file of it says."""
        return mark_for(self.model, self.cast)

    @property
    def files(self) -> list[Path]:
        """The staged file, or all of the staged folder."""
        if self.staged.is_dir():
            return [self.staged / name for name in names_in(self.staged)]
        return [self.staged]


def release(
    project: Project,
    staged: Path,
    name: str,
    *,
    model: Model,
    source: Origin,
    settings: dict[str, Any],
    fingerprint: str,
    cast: Cast = (),
) -> Path:
    """Let a finished file or folder out as `out/<name>`; the path that it has then. `cast` names
    all models of a pass with several, of which `model` is the first.

    Raises `Refused` unless it is recorded who is shown on what ground that still holds,
    `BadInput` for what can't be marked, `Damaged` if a mark doesn't hold, and what the disk says.
    """
    aim = project.inside(f"out/{name}")
    leaving = Leaving(project, staged, aim, model, source, settings, fingerprint, cast)
    try:
        for step in STEPS:
            step(leaving)
    except OSError as error:
        raise from_os_error(error, f"writing {safe_text(str(aim))}") from error
    return aim


def mark_for(model: Model, cast: Cast = ()) -> Mark:
    """The mark of what a model, or a cast of several, has made."""
    if not cast:
        return new_mark(model.iteration)
    return mark_of([(one.project, one.model.iteration) for _, one in cast])


# --- the steps -------------------------------------------------------------------------------


def ask_people(leaving: Leaving) -> None:
    """Nothing leaves unless its people are recorded on grounds that hold today."""
    if not leaving.cast:
        leaving.people = require_people(leaving.project)
        return
    found = require_cast(leaving.project, [project for project, _ in leaving.cast])
    leaving.people = found[0]
    leaving.cast = [
        (project, msgspec.structs.replace(one, people=people))
        for (project, one), people in zip(leaving.cast, found, strict=True)
    ]


def put_marks(leaving: Leaving) -> None:
    """Every picture and film says by itself what it is."""
    pictures = [path for path in leaving.files if not _is_data(leaving, path)]
    if not pictures:
        raise BadInput(f"{safe_text(leaving.aim.name)} can't leave: it has no picture in it.")
    _all(partial(_mark_one, leaving.mark), pictures)


def count(leaving: Leaving) -> None:
    """The hashes of what it is now."""
    name, staged = leaving.aim.name, leaving.staged
    if staged.is_dir():
        files = leaving.files
        names = [path.relative_to(staged).as_posix() for path in files]
        hashes = dict(zip(names, _all(file_sha256, files), strict=True))
        leaving.output = listed(name, hashes, sum(path.stat().st_size for path in files))
    else:
        leaving.output = Output(name, file_sha256(staged), staged.stat().st_size)


def keep_former(leaving: Leaving) -> None:
    """What stood there before goes to the trash; the same pictures made twice need no keeping."""
    former = read_record(leaving.aim)
    again = former is not None and former.fingerprint == leaving.fingerprint
    if not again or leaving.aim.is_dir() or leaving.staged.is_dir():
        put_away(leaving.project, leaving.aim)


def write_record(leaving: Leaving) -> None:
    """Beside the place that it gets."""
    assert leaving.output is not None
    record = Provenance(
        v=VERSION,
        tool="fstui",
        version=__version__,
        made=now(),
        digital_source_type=DIGITAL_SOURCE_TYPE,
        model=leaving.model,
        source=leaving.source,
        people=leaving.people,
        settings=leaving.settings,
        fingerprint=leaving.fingerprint,
        output=leaving.output,
        models=[one for _, one in leaving.cast],
    )
    write_atomic(sidecar(leaving.aim), msgspec.json.format(msgspec.json.encode(record)))


def give_name(leaving: Leaving) -> None:
    """The last act: from here on it is out."""
    os.replace(leaving.staged, leaving.aim)
    fsync_folder(leaving.aim.parent)


STEPS: tuple[Callable[[Leaving], None], ...] = (
    ask_people,
    put_marks,
    count,
    keep_former,
    write_record,
    give_name,
)
"""In this order: what may refuse; what changes pixels; what is written into the files, a signature
last; what counts their bytes; what stood there before; the record; the name."""


# --- their parts -----------------------------------------------------------------------------


def _is_data(leaving: Leaving, path: Path) -> bool:
    """Whether a file in a folder is no picture (the matrices beside patches): it is only listed."""
    media = IMAGE_SUFFIXES | VIDEO_SUFFIXES
    return leaving.staged.is_dir() and path.suffix.lower() not in media


def _mark_one(mark: Mark, path: Path) -> None:
    add_mark(path, mark)
    if read_mark(path) != mark:
        raise Damaged(f"{safe_text(path.name)} doesn't hold its mark: it stays in out/.work.")


def _all(act: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Do it to all, several at a time; the first error ends it."""
    with ThreadPoolExecutor(WORKERS) as pool:
        futures = [pool.submit(act, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def put_away(project: Project, path: Path) -> None:
    """Move a file or folder and its record, where there are any, into the project's trash."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    for item in (path, sidecar(path)):
        if item.exists():
            (project.path / "trash").mkdir(exist_ok=True)
            os.replace(item, project.path / "trash" / f"{stamp}-{item.name}")
