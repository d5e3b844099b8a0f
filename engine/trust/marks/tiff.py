"""TIFF: XMP in tag 700, the comment in `ImageDescription`, of the first picture.

Source: "TIFF Revision 6.0", 1992; Adobe XMP Specification part 3.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import NamedTuple

from engine.protocol import safe_text
from engine.trust.marks import PACKET_MOST, no_such

SUFFIXES = frozenset({".tif", ".tiff"})
DESCRIPTION, XMP = 270, 700
BYTE, ASCII = 1, 2
ENTRY_BYTES = 12
ENTRIES_MOST = 4096


class Directory(NamedTuple):
    """The first picture's list of tags, as it is in the file."""

    order: str
    """`<` or `>`, as `struct` writes the order of bytes."""
    entries: list[bytes]
    following: bytes
    """Where the next picture's list is."""


def add(path: Path, packet: bytes, comment: str) -> None:
    """Write the list anew at the end, with both tags; nothing else moves."""
    data = path.read_bytes()
    found = _directory(data)
    if found is None:
        raise no_such(path, "TIFF")
    order = found.order
    end = len(data) + len(data) % 2
    values = ((DESCRIPTION, ASCII, comment.encode("ascii", "replace") + b"\0"), (XMP, BYTE, packet))
    new, stored = [], b""
    for tag, kind, value in values:
        new.append(struct.pack(f"{order}HHII", tag, kind, len(value), end + len(stored)))
        stored += value + b"\0" * (len(value) % 2)
    kept = [e for e in found.entries if _tag(e, order) not in (DESCRIPTION, XMP)]
    entries = sorted([*kept, *new], key=lambda e: _tag(e, order))
    at = end + len(stored)
    directory = struct.pack(f"{order}H", len(entries)) + b"".join(entries) + found.following
    head = data[:4] + struct.pack(f"{order}I", at)
    path.write_bytes(head + data[8:].ljust(end - 8, b"\0") + stored + directory)


def read(path: Path) -> tuple[bytes, str]:
    """The values of both tags."""
    if os.path.getsize(path) > 1 << 31:
        return b"", ""
    data = path.read_bytes()
    found = _directory(data)
    packet, comment = b"", ""
    for entry in found.entries if found else []:
        tag, kind, count, at = struct.unpack(f"{found.order if found else '<'}HHII", entry)
        if tag == XMP and count <= PACKET_MOST:
            packet = data[at : at + count]
        elif tag == DESCRIPTION and kind == ASCII and 4 < count <= PACKET_MOST:
            comment = safe_text(data[at : at + count - 1].decode("utf-8", "replace"))
    return packet, comment if packet else ""


def _tag(entry: bytes, order: str) -> int:
    return int(struct.unpack(f"{order}H", entry[:2])[0])


def _directory(data: bytes) -> Directory | None:
    """The first list; None for what is no plain TIFF."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None or len(data) < 8:
        return None
    (at,) = struct.unpack(f"{order}I", data[4:8])
    if at + 2 > len(data):
        return None
    (count,) = struct.unpack(f"{order}H", data[at : at + 2])
    end = at + 2 + count * ENTRY_BYTES
    if count > ENTRIES_MOST or end + 4 > len(data):
        return None
    entries = [data[i : i + ENTRY_BYTES] for i in range(at + 2, end, ENTRY_BYTES)]
    return Directory(order, entries, data[end : end + 4])
