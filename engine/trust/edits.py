"""Small changes to files of any size: what a format reads of a file, and the pieces it puts in."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple, TypeVar

PIECE_MAX = 1 << 20
"""Bytes of one piece that are read at once: no packet or tag of a true file is larger."""
PIECES_MAX = 200_000
"""Pieces of a file that are walked: a longer walk is a trap, or ends without a finding."""
COPY_BYTES = 1 << 20

T = TypeVar("T")


class Torn(ValueError):
    """A file that isn't whole, or not what it begins as."""


class Reader:
    """A file's bytes by their place; whatever lies beyond its end raises `Torn`."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, os.SEEK_END)

    def read(self, at: int, size: int) -> bytes:
        """Exactly `size` bytes, at most `PIECE_MAX`."""
        if at < 0 or not 0 <= size <= PIECE_MAX or at + size > self.size:
            raise Torn(f"{size} bytes at {at} of {self.size}")
        self._file.seek(at)
        data = self._file.read(size)
        if len(data) < size:
            raise Torn("the file shrinks while it is read")
        return data

    def head(self, size: int) -> bytes:
        """The first bytes, fewer where there are no more."""
        return self.read(0, min(size, self.size))

    def number(self, at: int, size: int, order: Literal["big", "little"] = "big") -> int:
        """An unsigned number of `size` bytes."""
        return int.from_bytes(self.read(at, size), order)


class Edit(NamedTuple):
    """Bytes that replace others."""

    at: int
    removed: int
    """How many bytes go, from `at` on."""
    inserted: bytes


def walked(pieces: Iterable[T]) -> Iterator[T]:
    """The pieces of a file, as many as are ever walked."""
    return islice(pieces, PIECES_MAX)


def apply(path: Path, edits: list[Edit]) -> None:
    """Change a file, durably. One that only grows at its end, or keeps its length, is changed in
    place, what is appended first: a video isn't copied for a kilobyte. Any other is written aside.
    """
    size = path.stat().st_size
    edits = sorted(edits)
    if all(e.at == size or e.removed == len(e.inserted) for e in edits):
        with open(path, "r+b") as file:
            for edit in reversed(edits):
                file.seek(edit.at)
                file.write(edit.inserted)
            file.flush()
            os.fsync(file.fileno())
        return
    aside = path.with_name(f".{path.name}.part")  # a later try writes over what a kill left
    try:
        with open(path, "rb") as old, open(aside, "wb") as new:
            for edit in edits:
                _copy(old, new, edit.at)
                new.write(edit.inserted)
                old.seek(edit.removed, os.SEEK_CUR)
            _copy(old, new, size)
            new.flush()
            os.fsync(new.fileno())
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def _copy(old: BinaryIO, new: BinaryIO, end: int) -> None:
    """What lies between where `old` stands and `end`."""
    left = end - old.tell()
    while left > 0 and (data := old.read(min(left, COPY_BYTES))):
        new.write(data)
        left -= len(data)
