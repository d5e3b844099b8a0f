"""The one way out: every finished file leaves through `release`.

It asks for consent once more, marks the file and reads the mark back, writes a record beside it,
keeps what stood there before in the project's trash, and gives the file its name last.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from engine import __version__
from engine.digest import file_sha256
from engine.errors import Damaged, from_os_error
from engine.process import fsync_folder
from engine.project import Person, Project, now
from engine.protocol import safe_text, write_atomic
from engine.trust.consent import require_people
from engine.trust.mark import DIGITAL_SOURCE_TYPE, add_mark, new_mark, read_mark

SIDECAR = ".provenance.json"


class Model(msgspec.Struct, frozen=True):
    """The model that made a file."""

    iteration: int
    checkpoint: str
    """Name of the checkpoint's folder."""
    recipe_sha256: str


class Origin(msgspec.Struct, frozen=True):
    """The footage that a file was made from."""

    name: str
    hash: str
    """`engine.project.content_hash` of it."""


class Output(msgspec.Struct, frozen=True):
    """The file itself."""

    name: str
    sha256: str
    size: int
    """Bytes."""


class Provenance(msgspec.Struct, frozen=True):
    """The record beside a file: how it came about."""

    v: int
    tool: str
    version: str
    made: str
    """UTC, ISO 8601."""
    digital_source_type: str
    model: Model
    source: Origin
    people: dict[str, Person]
    """Side to person; the face of a was replaced, that of b was put in."""
    settings: dict[str, Any]
    fingerprint: str
    """Of everything that decides what the pictures look like; two alike make the same file."""
    output: Output


def release(
    project: Project,
    staged: Path,
    name: str,
    *,
    model: Model,
    source: Origin,
    settings: dict[str, Any],
    fingerprint: str,
) -> Path:
    """Let a finished file out as `out/<name>`; the path that it has then.

    Raises `Refused` without recorded people, `Damaged` if the mark doesn't hold, and what the
    disk says.
    """
    people = require_people(project)
    aim = project.inside(f"out/{name}")
    try:
        add_mark(staged, new_mark(model.iteration))
        held = read_mark(staged)
        if held is None or held.digital_source_type != DIGITAL_SOURCE_TYPE or not held.comment:
            raise Damaged(f"{safe_text(name)} doesn't hold its mark: it stays in out/.work.")
        record = Provenance(
            v=1,
            tool="fstui",
            version=__version__,
            made=now(),
            digital_source_type=DIGITAL_SOURCE_TYPE,
            model=model,
            source=source,
            people=people,
            settings=settings,
            fingerprint=fingerprint,
            output=Output(name, file_sha256(staged), staged.stat().st_size),
        )
        before = read_record(aim)
        if before is None or before.fingerprint != fingerprint:
            put_away(project, aim)  # the same pictures made twice need no keeping
        write_atomic(sidecar(aim), msgspec.json.format(msgspec.json.encode(record)))
        os.replace(staged, aim)
        fsync_folder(aim.parent)
    except OSError as error:
        raise from_os_error(error, f"writing {safe_text(str(aim))}") from error
    return aim


def sidecar(path: Path) -> Path:
    """Where the record of a file is."""
    return path.with_name(path.name + SIDECAR)


def read_record(path: Path) -> Provenance | None:
    """The record of a released file; None where there is none, or it is another's."""
    try:
        record = msgspec.json.decode(sidecar(path).read_bytes(), type=Provenance)
        whole = path.stat().st_size == record.output.size
    except (OSError, msgspec.MsgspecError):
        return None
    return record if whole and Path(record.output.name).name == path.name else None


def put_away(project: Project, path: Path) -> None:
    """Move a file and its record, where there are any, into the project's trash."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    for item in (path, sidecar(path)):
        if item.exists():
            (project.path / "trash").mkdir(exist_ok=True)
            os.replace(item, project.path / "trash" / f"{stamp}-{item.name}")
