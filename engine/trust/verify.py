"""What a finished file says of itself: its mark, its record, whether the two and the bytes agree.

Files come from anywhere: nothing in them is run, and no more is read of them than the places
where marks are, but for hashing.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from engine.digest import file_sha256
from engine.errors import BadInput, Exit, NothingToDo, from_os_error
from engine.footage import IMAGE_SUFFIXES, VIDEO_SUFFIXES, natural_key
from engine.protocol import safe_text
from engine.trust.consent import problem_of, today
from engine.trust.edits import Reader
from engine.trust.mark import read_mark
from engine.trust.marks import HEAD_BYTES, format_of
from engine.trust.record import (
    SIDECAR,
    VERSION,
    Output,
    Provenance,
    listed,
    load,
    names_in,
    sidecar,
)

SHOWN_NAMES = 3
"""Of files in a folder that differ."""

DEPTH = 2
"""Folders above a file that may have left as a whole: a picture's, or that of its folder."""


class Said(msgspec.Struct, frozen=True):
    """A mark as it was found."""

    digital_source_type: str
    comment: str
    tool: str


class Finding(msgspec.Struct):
    """What was found of a file or of a folder that left as a whole."""

    path: str
    kind: str = ""
    """Its format by its bytes, `folder`, or "" for a format that holds no mark."""
    mark: Said | None = None
    """Of a folder: of its first picture."""
    record: Provenance | None = None
    hashes_agree: bool | None = None
    """With the record; None without one."""
    damage: list[str] = []
    """What doesn't agree, a sentence each."""
    ended: list[str] = []
    """Grounds that hold no more, a sentence each."""
    remarks: list[str] = []
    exit: int = 0
    """The code that a command ends with: done, nothing found, refused or damaged."""


def verify(path: Path) -> list[Finding]:
    """Findings of a file, of a folder that left as a whole, or of each file in another folder.

    Raises `BadInput` where nothing is or nothing can be read, `NothingToDo` for a folder without
    a picture, a film or a record.
    """
    if path.name.endswith(SIDECAR):
        path = path.with_name(path.name.removesuffix(SIDECAR))
    shown = safe_text(str(path))
    if not path.exists():
        raise BadInput(f"There is nothing at {shown}.")
    try:
        if path.is_dir() and not sidecar(path).exists():
            return _each(path, shown)
        return [_one(path)]
    except OSError as error:
        raise from_os_error(error, f"reading {shown}") from error


def answer(path: Path) -> list[dict[str, Any]]:
    """`verify` as plain values, for JSON."""
    found: list[dict[str, Any]] = msgspec.to_builtins(verify(path))
    return found


def _each(folder: Path, shown: str) -> list[Finding]:
    media = IMAGE_SUFFIXES | VIDEO_SUFFIXES
    wanted = [
        path
        for path in sorted(folder.iterdir(), key=lambda p: natural_key(p.name))
        if not path.name.startswith(".")
        and (sidecar(path).exists() or (path.suffix.lower() in media and path.is_file()))
    ]
    if not wanted:
        raise NothingToDo(f"{shown} has no picture, no film and no record in it.")
    return [_one(path) for path in wanted]


def _one(path: Path) -> Finding:
    found = Finding(safe_text(str(path)))
    if not path.is_dir() and not path.is_file():
        raise BadInput(f"{found.path} is neither a file nor a folder.")
    output = _record(path, found)
    (_look_at_folder if path.is_dir() else _look_at_file)(path, found, output)
    if found.record is not None:
        _ask_grounds(found)
    found.exit = int(_exit(found))
    return found


def _record(path: Path, found: Finding) -> Output | None:
    """The record beside it, or that of the folder it is in; the part that is about it."""
    folders = [(sidecar(f), path.relative_to(f).as_posix()) for f in path.parents[:DEPTH]]
    for place, inside in ((sidecar(path), ""), *folders):
        if not place.is_file():
            continue
        try:
            record = load(place)
        except ValueError:
            if not inside:
                found.damage.append(f"The record {safe_text(place.name)} can't be read.")
                return None
            continue
        if record.v > VERSION:
            found.remarks.append("The record is of a newer fstui: update to read all of it.")
        if not inside:
            found.record = record
            return record.output
        if sha256 := record.output.files.get(inside):
            output = Output(path.name, sha256, path.stat().st_size)
            found.record = msgspec.structs.replace(record, output=output)
            return output
    found.remarks.append("No record is beside it.")
    return None


def _look_at_file(path: Path, found: Finding, output: Output | None) -> None:
    found.kind = _kind(path)
    found.mark = _said(path)
    if output is None:
        return
    size = path.stat().st_size
    found.hashes_agree = size == output.size and file_sha256(path) == output.sha256
    if not found.hashes_agree:
        found.damage.append("It was changed after it was made: its hash isn't the record's.")
    if not found.mark and found.kind:
        found.damage.append("Its mark is gone: the record says that it left with one.")
    if found.hashes_agree and output.name != path.name:
        found.remarks.append(f"It was called {safe_text(output.name)} when it was made.")


def _look_at_folder(path: Path, found: Finding, output: Output | None) -> None:
    found.kind = "folder"
    if output is None:
        return
    names, said = names_in(path), output.files
    with ThreadPoolExecutor() as pool:
        here = dict(zip(names, pool.map(lambda name: file_sha256(path / name), names), strict=True))
        kinds = dict(zip(names, pool.map(lambda name: _kind(path / name), names), strict=True))
        marks = dict(zip(names, pool.map(lambda name: _said(path / name), names), strict=True))
    found.mark = next((mark for mark in marks.values() if mark), None)
    found.hashes_agree = listed("", here, 0).sha256 == output.sha256
    both = said.keys() & here.keys()
    for words, which in (
        ("gone", said.keys() - here.keys()),
        ("not in the record", here.keys() - said.keys()),
        ("changed", {name for name in both if here[name] != said[name]}),
        ("without the mark", {name for name in both if kinds[name] and not marks[name]}),
    ):
        if which:
            found.damage.append(f"{_files(which)} {words}.")
    if not found.hashes_agree and not found.damage:
        found.damage.append("The record's list of files isn't the one that its hash is of.")


def _files(names: set[str]) -> str:
    """`1 file (a.png) is`, `5 files (1.png, 2.png, 3.png, ...) are`."""
    some = [safe_text(n)[:80] for n in sorted(names, key=natural_key)[:SHOWN_NAMES]]
    more = ", ..." if len(names) > SHOWN_NAMES else ""
    words = "1 file" if len(names) == 1 else f"{len(names)} files"
    return f"{words} ({', '.join(some)}{more}) {'is' if len(names) == 1 else 'are'}"


def _kind(path: Path) -> str:
    with open(path, "rb") as file:
        form = format_of(Reader(file).head(HEAD_BYTES))
    return form.NAME if form else ""


def _said(path: Path) -> Said | None:
    mark = read_mark(path)
    return Said(mark.digital_source_type, mark.comment, mark.tool) if mark else None


def _ask_grounds(found: Finding) -> None:
    """Whether the record names its people on grounds that hold today."""
    assert found.record is not None
    record = found.record
    shown = [(f" of {safe_text(one.project)}", one.people) for one in record.models]
    for whose, people in shown or [("", record.people)]:
        for side in ("a", "b"):
            person = people.get(side)
            if problem := problem_of(person, today()):
                who = safe_text(person.name) if person else "who is shown"
                found.ended.append(f"Side {side}{whose}: {who} {problem}.")
    found.ended = list(dict.fromkeys(found.ended))  # a project may be named twice


def _exit(found: Finding) -> Exit:
    if found.damage:
        return Exit.DAMAGED
    if found.ended:
        return Exit.REFUSED
    return Exit.DONE if found.mark or found.record else Exit.NOTHING_TO_DO
