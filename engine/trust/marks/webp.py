"""WebP: an `XMP ` chunk at the end, announced by a flag of `VP8X`. WebP has no comment of its own:
it is the packet's description.

Source: RFC 9649 (WebP image format), 2.7; RFC 6386 9.1 and the lossless specification for sizes.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.trust.edits import PIECE_MAX, Edit, Reader, Torn, walked

NAME = "WebP"
HAS_ALPHA, HAS_XMP = 0x10, 0x04


def begins(head: bytes) -> bool:
    """By the RIFF header."""
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def edits(reader: Reader, packet: bytes, comment: str) -> list[Edit]:
    """The chunk, the flag (with a `VP8X` before a simple picture), the new size."""
    chunks = list(walked(_chunks(reader)))
    if not chunks:
        raise Torn("no picture")
    (kind, at, size), end = chunks[0], _end(reader)
    xmp = _chunk(b"XMP ", packet)
    if kind == b"VP8X":
        announced = Edit(at + 8, 1, bytes([reader.number(at + 8, 1) | HAS_XMP]))
    else:
        announced = Edit(at, 0, _extended(reader, kind, at, size))
    grown = end - 8 + len(xmp) + len(announced.inserted) - announced.removed
    size_edit = Edit(4, 4, grown.to_bytes(4, "little"))
    return [size_edit, announced, Edit(end, reader.size - end, xmp)]


def packets(reader: Reader) -> Iterator[bytes]:
    """The chunks' bodies."""
    for kind, at, size in walked(_chunks(reader)):
        if kind == b"XMP " and size <= PIECE_MAX:
            yield reader.read(at + 8, size)


def _end(reader: Reader) -> int:
    end = 8 + reader.number(4, 4, "little")
    if end > reader.size:
        raise Torn("the picture is cut off")
    return end + end % 2 if end < reader.size else end


def _chunks(reader: Reader) -> Iterator[tuple[bytes, int, int]]:
    """Kind, place and size of the body of each chunk; bodies are padded to even sizes."""
    at, end = 12, _end(reader)
    while at + 8 <= end:
        kind, size = reader.read(at, 4), reader.number(at + 4, 4, "little")
        if at + 8 + size > end:
            raise Torn("a chunk is cut off")
        yield kind, at, size
        at += 8 + size + size % 2


def _extended(reader: Reader, kind: bytes, at: int, size: int) -> bytes:
    """The `VP8X` chunk that a simple picture lacks."""
    if kind == b"VP8 " and reader.read(at + 11, 3) == b"\x9d\x01\x2a":
        width, height = (reader.number(at + n, 2, "little") & 0x3FFF for n in (14, 16))
        flags = HAS_XMP
    elif kind == b"VP8L" and reader.number(at + 8, 1) == 0x2F:
        bits = reader.number(at + 9, 4, "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        flags = HAS_XMP | (HAS_ALPHA if bits >> 28 & 1 else 0)
    else:
        raise Torn(f"no picture in {size} bytes")
    if not width or not height:
        raise Torn("a picture without size")
    sides = b"".join((side - 1).to_bytes(3, "little") for side in (width, height))
    return _chunk(b"VP8X", bytes([flags, 0, 0, 0]) + sides)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)
