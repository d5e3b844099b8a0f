"""PNG: XMP in an `iTXt` chunk, the comment in a `tEXt` chunk, both behind the header.

Sources: PNG specification (third edition) 11.3.3; XMP Specification part 3, 1.1.5.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from engine.trust.edits import PIECE_MAX, Edit, Reader, Torn, walked

NAME = "PNG"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"XML:com.adobe.xmp\0"
PLAIN = b"\0\0"
"""Not compressed, by method 0; language and translated keyword follow, each with a zero."""


def begins(head: bytes) -> bool:
    """By the signature."""
    return head.startswith(SIGNATURE)


def edits(reader: Reader, packet: bytes, comment: str) -> list[Edit]:
    """Two chunks behind `IHDR`."""
    found = list(walked(_chunks(reader)))
    if found[0][0] != b"IHDR" or found[-1][0] != b"IEND":
        raise Torn("no PNG from IHDR to IEND")
    text = _chunk(b"tEXt", b"Comment\0" + comment.encode("latin-1", "replace"))
    return [Edit(found[1][1], 0, _chunk(b"iTXt", KEYWORD + PLAIN + b"\0\0" + packet) + text)]


def packets(reader: Reader) -> Iterator[bytes]:
    """Those that aren't compressed."""
    for kind, at, size in walked(_chunks(reader)):
        if kind == b"iTXt" and size <= PIECE_MAX:
            body = reader.read(at + 8, size)
            if body.startswith(KEYWORD + PLAIN):
                yield body[len(KEYWORD + PLAIN) :].split(b"\0", 2)[-1]


def _chunks(reader: Reader) -> Iterator[tuple[bytes, int, int]]:
    """Kind, place and size of the body of each chunk."""
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        size, kind = reader.number(at, 4), reader.read(at + 4, 4)
        if at + 12 + size > reader.size:
            raise Torn("a chunk is cut off")
        yield kind, at, size
        at += 12 + size


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
