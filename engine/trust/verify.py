"""What a file says of how it was made: its mark, the record beside it, and whether they agree."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from engine.digest import file_sha256
from engine.errors import BadInput, from_os_error
from engine.project import Person
from engine.protocol import safe_text
from engine.trust.door import Provenance, files_of, record_beside
from engine.trust.mark import Mark, read_mark
from engine.trust.marks import format_of

SHOWN = 10
"""Names of changed files that are listed."""


class Verdict(msgspec.Struct, frozen=True):
    """What was found."""

    path: str
    files: int
    marked: int
    """Files that hold a mark."""
    comment: str
    """Of the first mark."""
    digital_source_type: str
    tool: str
    record: Literal["none", "agrees", "differs"]
    """What the record beside it says of its content."""
    changed: list[str]
    """Files that aren't what the record says, the first few."""
    people: dict[str, Person]
    made: str
    model_iteration: int | None
    source: str

    @property
    def whole(self) -> bool:
        """Whether every file is marked and is what the record says."""
        return self.marked == self.files and self.record == "agrees"


def verify(path: Path) -> Verdict:
    """Look at a file or a folder of pictures. Raises `BadInput` for what isn't there or can't hold
    a mark, and what the disk says."""
    shown = safe_text(str(path))
    if not path.exists():
        raise BadInput(f"{shown} is not there.")
    try:
        files = [f for f in files_of(path) if format_of(f)]
        if not files:
            what = "has no file that" if path.is_dir() else "is of a kind that never"
            raise BadInput(f"{shown} {what} holds a mark of this program.")
        marks = [mark for file in files if (mark := read_mark(file))]
        record = record_beside(path)
        changed = _changed(path, record) if record else []
    except OSError as error:
        raise from_os_error(error, f"reading {shown}") from error
    first = marks[0] if marks else Mark("", "", "")
    return Verdict(
        path=shown,
        files=len(files),
        marked=len(marks),
        comment=first.comment,
        digital_source_type=first.digital_source_type,
        tool=first.tool,
        record="none" if record is None else "differs" if changed else "agrees",
        changed=changed[:SHOWN],
        people=record.people if record else {},
        made=record.made if record else "",
        model_iteration=record.model.iteration if record else None,
        source=record.source.name if record else "",
    )


def _changed(path: Path, record: Provenance) -> list[str]:
    """Names of files that differ from a record, are missing or are more than it lists."""
    if not path.is_dir():
        return [] if file_sha256(path) == record.output.sha256 else [safe_text(path.name)]
    there = {file.name: file for file in files_of(path)}
    listed = record.output.files
    names = sorted(there.keys() | listed.keys())
    return [
        safe_text(name)
        for name in names
        if name not in there or name not in listed or file_sha256(there[name]) != listed[name]
    ]
