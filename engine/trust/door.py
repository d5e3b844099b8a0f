"""The one way out: every finished file, or folder of pictures, leaves through `release`.

It asks for consent once more, takes each file through `STEPS`, writes a record beside it, keeps
what stood there before in the project's trash, and gives the file its name last.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
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
from engine.trust.mark import DIGITAL_SOURCE_TYPE, Mark, add_mark, new_mark, read_mark

SIDECAR = ".provenance.json"
RECORD_MOST = 64 << 20
"""Bytes of a record that is read: a million pictures fit."""


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
    """The file itself, or the folder."""

    name: str
    sha256: str
    """Of a folder: of the lines `<sha256>  <name>` of its files in their order."""
    size: int
    """Bytes, of all files."""
    files: dict[str, str] = {}
    """Of a folder: SHA-256 by name."""


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
    """Side to person; the face of a was replaced and that of b put in, or the other way round where
    the settings say so."""
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
    """Let a finished file, or a folder of them, out as `out/<name>`; the path that it has then.

    Raises `Refused` without recorded people, `Damaged` if the mark doesn't hold, and what the
    disk says.
    """
    people = require_people(project)
    aim = project.inside(f"out/{name}")
    mark = new_mark(model.iteration)
    try:
        for file in files_of(staged):
            for step in STEPS:
                step(file, mark)
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
            output=described(staged, name),
        )
        before = read_record(aim)
        if aim.is_dir() or before is None or before.fingerprint != fingerprint:
            put_away(project, aim)  # the same pictures made twice need no keeping
        write_atomic(sidecar(aim), msgspec.json.format(msgspec.json.encode(record)))
        os.replace(staged, aim)
        fsync_folder(aim.parent)
    except OSError as error:
        raise from_os_error(error, f"writing {safe_text(str(aim))}") from error
    return aim


def hold_mark(path: Path, mark: Mark) -> None:
    """Read a file's mark back. Raises `Damaged` if it isn't the one that was written."""
    held = read_mark(path)
    if held is None or held.digital_source_type != mark.digital_source_type or not held.comment:
        raise Damaged(f"{safe_text(path.name)} doesn't hold its mark: it stays in out/.work.")


Step = Callable[[Path, Mark], None]
STEPS: tuple[Step, ...] = (add_mark, hold_mark)
"""What each file goes through, in this order. A guard that looks at the content belongs before the
mark, as does a watermark in the pixels; a signature (C2PA) behind it, since it signs the mark."""


def files_of(path: Path) -> list[Path]:
    """A file itself, or the files of a folder by name."""
    return sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]


def described(path: Path, name: str) -> Output:
    """What a record says of a file or folder that leaves as `name`."""
    files = files_of(path)
    size = sum(file.stat().st_size for file in files)
    if not path.is_dir():
        return Output(name, file_sha256(path), size)
    hashes = {file.name: file_sha256(file) for file in files}
    lines = "".join(f"{sha256}  {file}\n" for file, sha256 in hashes.items())
    return Output(name, hashlib.sha256(lines.encode()).hexdigest(), size, hashes)


def sidecar(path: Path) -> Path:
    """Where the record of a file is."""
    return path.with_name(path.name + SIDECAR)


def read_record(path: Path) -> Provenance | None:
    """The record of a released file; None where there is none, or it is another's."""
    record = record_beside(path)
    try:
        size = sum(file.stat().st_size for file in files_of(path))
    except OSError:
        return None
    same = record and record.output.size == size and record.output.name == path.name
    return record if same else None


def record_beside(path: Path) -> Provenance | None:
    """The record that lies beside a file, whether it is of it or not; None for none or junk."""
    try:
        if sidecar(path).stat().st_size > RECORD_MOST:
            return None
        return msgspec.json.decode(sidecar(path).read_bytes(), type=Provenance)
    except (OSError, msgspec.MsgspecError):
        return None


def put_away(project: Project, path: Path) -> None:
    """Move a file and its record, where there are any, into the project's trash."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
    for item in (path, sidecar(path)):
        if item.exists():
            (project.path / "trash").mkdir(exist_ok=True)
            os.replace(item, project.path / "trash" / f"{stamp}-{item.name}")
