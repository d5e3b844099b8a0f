"""OpenEXR: packet and comment as text attributes of the header, `xmp` and `comments`.

The header grows, so the table of where each chunk of pixels begins is written anew.
Source: the OpenEXR file layout (magic, version, attributes, line offset table, chunks).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from engine.errors import BadInput
from engine.media import exr
from engine.trust.edits import Edit, Reader, Torn

NAME = "EXR"
XMP, COMMENT = "xmp", "comments"
"""Attributes; the second is a standard one."""


def begins(head: bytes) -> bool:
    """By the magic number."""
    return head.startswith(exr.MAGIC)


def edits(reader: Reader, packet: bytes, comment: str) -> list[Edit]:
    """Attributes before the header's end, and the table behind it."""
    head = reader.head(exr.HEAD_BYTES)
    try:
        header = exr.header_of(head, "the picture")
        _, attributes, end = exr.attributes_of(head)
    except BadInput as error:
        raise Torn(str(error)) from error
    new = _text(XMP, packet)
    if COMMENT not in attributes:
        new += _text(COMMENT, comment.encode())
    table = _table(reader, header)
    moved = struct.pack(f"<{len(table)}Q", *(n + len(new) for n in table))
    return [Edit(end - 1, 0, new), Edit(end, len(moved), moved)]


def packets(reader: Reader) -> Iterator[bytes]:
    """The attribute of a file with one part."""
    try:
        _, attributes, _ = exr.attributes_of(reader.head(exr.HEAD_BYTES))
    except (LookupError, ValueError, struct.error) as error:
        raise Torn(str(error)) from error
    if XMP in attributes:
        yield attributes[XMP]


def _table(reader: Reader, header: exr.Header) -> list[int]:
    """Where the chunks begin. Raises `Torn` unless the last one is there whole."""
    size = 8 * header.chunks
    table = [n for (n,) in struct.iter_unpack("<Q", reader.read(header.end, size))]
    if not table or min(table) < header.end + size:
        raise Torn("a table that isn't complete")
    last = max(table) + header.size_at
    if last + 4 + reader.number(last, 4, "little") > reader.size:
        raise Torn("pixels are cut off")
    return table


def _text(name: str, value: bytes) -> bytes:
    return name.encode() + b"\0string\0" + struct.pack("<I", len(value)) + value
