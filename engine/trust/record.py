"""The record beside a file that left: how it came about, and the hashes of what it is."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import BadInput
from engine.footage import natural_key
from engine.project import Person
from engine.protocol import safe_text

SIDECAR = ".provenance.json"
RECORD_MAX_BYTES = 64 << 20
"""A quarter of a million files are listed in less."""
VERSION = 2
"""1 knew one model alone: it has no `models`."""


class Model(msgspec.Struct, frozen=True):
    """The model that made a file."""

    iteration: int
    checkpoint: str
    """Name of the checkpoint's folder."""
    recipe_sha256: str


class Painted(msgspec.Struct, frozen=True):
    """One of several models of a pass, and whom of the target it was put on."""

    person: int
    """As `faces people` numbers the target's."""
    project: str
    put_in: str
    """Side of that project."""
    model: Model
    people: dict[str, Person] = {}
    """Of that project, by side."""


class Origin(msgspec.Struct, frozen=True):
    """The footage that a file was made from."""

    name: str
    hash: str
    """`engine.project.content_hash` of it."""


class Output(msgspec.Struct, frozen=True, omit_defaults=True):
    """The file itself, or the folder."""

    name: str
    sha256: str
    """Of a folder: of the lines `<sha256>  <name>` of its files in their order."""
    size: int
    """Bytes, of all files."""
    files: dict[str, str] = {}
    """Of a folder: SHA-256 by name, relative with slashes, in natural order."""


class Provenance(msgspec.Struct, frozen=True):
    """How a file came about."""

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
    models: list[Painted] = []
    """All models of a pass with several; `model` and `people` are the first one's then."""


def sidecar(path: Path) -> Path:
    """Where the record of a file or folder is."""
    return path.with_name(path.name + SIDECAR)


def load(path: Path) -> Provenance:
    """A record's file. Raises `OSError`, and `ValueError` for what is no record of ours."""
    with open(path, "rb") as file:
        data = file.read(RECORD_MAX_BYTES + 1)
    if len(data) > RECORD_MAX_BYTES:
        raise ValueError("larger than any record")
    try:
        return msgspec.json.decode(data, type=Provenance)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ValueError(str(error)) from error


def read_record(path: Path) -> Provenance | None:
    """The record of what was released; None where there is none, or it is another's. Names and
    sizes are compared, not hashes."""
    try:
        record = load(sidecar(path))
        if path.is_dir():
            names = names_in(path)
            size = sum((path / name).stat().st_size for name in names)
            whole = names == list(record.output.files) and size == record.output.size
        else:
            whole = path.stat().st_size == record.output.size
    except (OSError, ValueError, BadInput):
        return None
    return record if whole and record.output.name == path.name else None


def names_in(folder: Path) -> list[str]:
    """All files of a folder and of those in it, relative, in natural order.

    Raises `BadInput` for a link or another thing that is no plain file.
    """
    found = []
    for here, folders, files in os.walk(folder):
        for name in [*files, *folders]:
            path = Path(here, name)
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                raise BadInput(f"{safe_text(str(path))} is no plain file.")
        found += [Path(here, name).relative_to(folder).as_posix() for name in files]
    return sorted(found, key=natural_key)


def listed(name: str, files: dict[str, str], size: int) -> Output:
    """A folder of these files, SHA-256 by name, with so many bytes."""
    lines = "".join(f"{sha256}  {file}\n" for file, sha256 in files.items())
    digest = hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()
    return Output(name, digest, size, files)
