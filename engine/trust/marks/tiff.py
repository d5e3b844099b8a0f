"""TIFF and BigTIFF: XMP in tag 700, the comment in tag 270, in a directory of the first picture
that is written anew at the file's end.

Sources: TIFF 6.0 section 2; XMP Specification part 3, 1.1.8; the BigTIFF design of libtiff.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Literal, NamedTuple

from engine.trust.edits import PIECE_MAX, Edit, Reader, Torn, walked

NAME = "TIFF"
ASCII, BYTE = 2, 1
DESCRIPTION, XMP = 270, 700
DATA = ((273, 279), (324, 325))
"""Tags of the places and sizes of the pixels' strips, and of tiles."""
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
SIZES |= {16: 8, 17: 8, 18: 8}
"""Bytes of a value by its type."""
ENTRIES_MAX = 4096
"""Of one directory: no true one has as many."""
NUMBERS = (3, 4, 13, 16, 18)
"""Types of places and sizes."""


class Layout(NamedTuple):
    """Byte order, and the widths in which TIFF and BigTIFF differ."""

    order: Literal["big", "little"]
    big: bool

    @property
    def wide(self) -> int:
        """Bytes of an offset."""
        return 8 if self.big else 4

    @property
    def counter(self) -> int:
        """Bytes of the number of entries."""
        return 8 if self.big else 2

    @property
    def entry(self) -> int:
        """Bytes of an entry."""
        return 4 + 2 * self.wide

    def bytes(self, value: int, size: int) -> bytes:
        """A number as the file writes it."""
        try:
            return value.to_bytes(size, self.order)
        except OverflowError as error:
            raise Torn("larger than the format can be") from error


class Directory(NamedTuple):
    """One picture's tags."""

    pointer: int
    """Where the file says where it is."""
    entries: dict[int, bytes]
    """By tag, whole, in the file's order."""
    next: int
    """Where the file says where the next picture's is."""


def begins(head: bytes) -> bool:
    """By byte order and version."""
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def edits(reader: Reader, packet: bytes, comment: str) -> list[Edit]:
    """The tags' bodies and the new directory at the end, and the pointer to it."""
    layout = _layout(reader)
    directory, *others = walked(_directories(reader, layout))
    for one in (directory, *others):
        _check_whole(reader, layout, one)
    tail = b"\0" * (reader.size % 2)
    new = dict(directory.entries)
    bodies = {XMP: (BYTE, packet)}
    if DESCRIPTION not in new:
        bodies[DESCRIPTION] = (ASCII, comment.encode("ascii", "replace") + b"\0")
    for tag, (kind, body) in bodies.items():
        new[tag] = _entry(layout, tag, kind, body, reader.size + len(tail))
        tail += body + b"\0" * (len(body) % 2)
    at = layout.bytes(reader.size + len(tail), layout.wide)
    tail += layout.bytes(len(new), layout.counter)
    tail += b"".join(new[tag] for tag in sorted(new)) + reader.read(directory.next, layout.wide)
    return [Edit(directory.pointer, layout.wide, at), Edit(reader.size, 0, tail)]


def packets(reader: Reader) -> Iterator[bytes]:
    """The first picture's."""
    layout = _layout(reader)
    if entry := next(_directories(reader, layout)).entries.get(XMP):
        yield _body(reader, layout, entry)


def _layout(reader: Reader) -> Layout:
    head = reader.read(0, 4)
    return Layout("little" if head[:2] == b"II" else "big", b"+" in head)


def _directories(reader: Reader, layout: Layout) -> Iterator[Directory]:
    """That of each picture. Raises `Torn` where none is."""
    pointer = layout.wide  # at 4 in a TIFF, 8 in a BigTIFF
    at = reader.number(pointer, layout.wide, layout.order)
    seen: set[int] = set()
    while at or not seen:
        count = reader.number(at, layout.counter, layout.order)
        if at < 8 or at in seen or not 0 < count < ENTRIES_MAX:
            raise Torn("no directory")
        seen.add(at)
        start = at + layout.counter
        data = reader.read(start, count * layout.entry)
        entries = [data[n : n + layout.entry] for n in range(0, len(data), layout.entry)]
        by_tag = {int.from_bytes(e[:2], layout.order): e for e in entries}
        yield Directory(pointer, by_tag, pointer := start + len(data))
        at = reader.number(pointer, layout.wide, layout.order)


def _entry(layout: Layout, tag: int, kind: int, body: bytes, at: int) -> bytes:
    """An entry whose body is at `at`, or inside it where it is small enough."""
    wide = layout.wide
    value = layout.bytes(at, wide) if len(body) > wide else body.ljust(wide, b"\0")
    return (
        layout.bytes(tag, 2) + layout.bytes(kind, 2) + layout.bytes(len(body), layout.wide) + value
    )


def _body(reader: Reader, layout: Layout, entry: bytes) -> bytes:
    """The bytes of an entry's values."""
    kind = int.from_bytes(entry[2:4], layout.order)
    size = int.from_bytes(entry[4 : 4 + layout.wide], layout.order) * SIZES.get(kind, 1)
    value = entry[4 + layout.wide :]
    if size <= layout.wide:
        return value[:size]
    if size > PIECE_MAX:
        raise Torn("a tag that is too large")
    return reader.read(int.from_bytes(value, layout.order), size)


def _check_whole(reader: Reader, layout: Layout, directory: Directory) -> None:
    """Raise `Torn` unless all tags and the pixels lie in the file."""
    for entry in directory.entries.values():
        _body(reader, layout, entry)
    for places, sizes in DATA:
        if places in directory.entries and sizes in directory.entries:
            starts, lengths = (
                _numbers(reader, layout, directory.entries[t]) for t in (places, sizes)
            )
            ends = [a + n for a, n in zip(starts, lengths, strict=False)]
            if not ends or max(ends) > reader.size:
                raise Torn("pixels are cut off")
            return
    raise Torn("no pixels")


def _numbers(reader: Reader, layout: Layout, entry: bytes) -> list[int]:
    kind = int.from_bytes(entry[2:4], layout.order)
    if kind not in NUMBERS:
        raise Torn("a place that is no number")
    letter = {2: "H", 4: "I", 8: "Q"}[SIZES[kind]]
    body = _body(reader, layout, entry)
    return [
        n for (n,) in struct.iter_unpack(("<" if layout.order == "little" else ">") + letter, body)
    ]
