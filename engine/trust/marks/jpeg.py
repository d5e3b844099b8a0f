"""JPEG: XMP in an APP1 segment, the comment in a COM segment, behind JFIF's and Exif's.

Sources: ITU-T T.81 annex B (markers); XMP Specification part 3, 1.1.3.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.trust.edits import Edit, Reader, Torn, walked

NAME = "JPEG"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
BODY_MAX = 65_533
"""Bytes of a segment behind its length."""
APP0, APP1, COM, SOS, EOI = 0xE0, 0xE1, 0xFE, 0xDA, 0xD9


def begins(head: bytes) -> bool:
    """By start of image and the next marker's first byte."""
    return head.startswith(b"\xff\xd8\xff")


def edits(reader: Reader, packet: bytes, comment: str) -> list[Edit]:
    """Two segments, where JFIF's and Exif's allow it first."""
    if reader.read(reader.size - 2, 2) != bytes([0xFF, EOI]):
        raise Torn("no end of image")
    place, first = 2, True
    for marker, at, size in walked(_segments(reader)):
        if first and (marker == APP0 or (marker == APP1 and _is_exif(reader, at, size))):
            place = at + size
        else:
            first = False
    said = comment.encode()[:BODY_MAX]
    return [Edit(place, 0, _segment(APP1, XMP + packet) + _segment(COM, said))]


def packets(reader: Reader) -> Iterator[bytes]:
    """All in APP1 segments; the continuation of long ones in further segments isn't read."""
    for marker, at, size in walked(_segments(reader)):
        if marker == APP1 and reader.read(at, size)[4:].startswith(XMP):
            yield reader.read(at, size)[4 + len(XMP) :]


def _segments(reader: Reader) -> Iterator[tuple[int, int, int]]:
    """Marker, place and whole size of each segment before the first scan."""
    at = 2
    while True:
        start, marker = reader.read(at, 2)
        if start != 0xFF:
            raise Torn("no marker where one must be")
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker == SOS:
            return
        size = 2 + reader.number(at + 2, 2)
        if size < 4 or marker == EOI:
            raise Torn("a segment without its length, or no scan")
        yield marker, at, size
        at += size


def _is_exif(reader: Reader, at: int, size: int) -> bool:
    return size >= 10 and reader.read(at + 4, 6) == b"Exif\0\0"


def _segment(marker: int, body: bytes) -> bytes:
    if len(body) > BODY_MAX:
        raise Torn("a mark that no segment holds")
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body
