"""MP4 and MOV: XMP in a `uuid` box at the end, which moves nothing that is in the file.

The plain comment is a tag of the film's own, written when it is muxed; the packet repeats it.
Sources: ISO/IEC 14496-12 4.2 (boxes); XMP Specification part 3, 1.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.trust.edits import PIECE_MAX, Edit, Reader, Torn, walked

NAME = "MP4/MOV"
UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
FIRST = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")


def begins(head: bytes) -> bool:
    """By the kind of the first box."""
    return head[4:8] in FIRST


def edits(reader: Reader, packet: bytes, comment: str) -> list[Edit]:
    """One more box."""
    boxes = list(walked(_boxes(reader)))
    if b"moov" not in (kind for kind, _, _ in boxes) or sum(boxes[-1][1:]) != reader.size:
        raise Torn("no film of whole boxes")
    box = (24 + len(packet)).to_bytes(4, "big") + b"uuid" + UUID + packet
    return [Edit(reader.size, 0, box)]


def packets(reader: Reader) -> Iterator[bytes]:
    """Those of the boxes at the top."""
    for kind, at, size in walked(_boxes(reader)):
        if kind == b"uuid" and 24 <= size <= PIECE_MAX and reader.read(at + 8, 16) == UUID:
            yield reader.read(at + 24, size - 24)


def _boxes(reader: Reader) -> Iterator[tuple[bytes, int, int]]:
    """Kind, place and whole size of each box at the top."""
    at = 0
    while at < reader.size:
        size, kind, least = reader.number(at, 4), reader.read(at + 4, 4), 8
        if size == 1:
            size, least = reader.number(at + 8, 8), 16
        if size < least or at + size > reader.size:
            raise Torn("a box that has no end in the file")
        yield kind, at, size
        at += size
