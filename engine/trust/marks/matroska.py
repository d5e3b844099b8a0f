"""Matroska and WebM: packet and comment as tags behind the film, found through its index of parts.

Sources: RFC 8794 (EBML), RFC 9559 (Matroska) 5.1.1 SeekHead, 5.1.8 Tags.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from engine.trust.edits import PIECE_MAX, Edit, Reader, Torn, walked

NAME = "MKV/WebM"
EBML, SEGMENT, VOID, CRC = 0x1A45DFA3, 0x18538067, 0xEC, 0xBF
SEEK_HEAD, SEEK, SEEK_ID, SEEK_POSITION = 0x114D9B74, 0x4DBB, 0x53AB, 0x53AC
TAGS, TAG, TARGETS, SIMPLE, TAG_NAME, TAG_STRING = (
    0x1254C367,
    0x7373,
    0x63C0,
    0x67C8,
    0x45A3,
    0x4487,
)
XMP, COMMENT = "XMP", "COMMENT"


class Element(NamedTuple):
    """A piece of the file: what it is, where, and where its content is."""

    id: int
    at: int
    start: int
    """Of the content."""
    end: int
    sized: bool = True
    """False if it lasts to the end of the file because its size was not known."""


def begins(head: bytes) -> bool:
    """By the EBML header."""
    return head.startswith(EBML.to_bytes(4, "big"))


def edits(reader: Reader, packet: bytes, comment: str) -> list[Edit]:
    """Tags at the segment's end, its new size, and an entry of the index where there is room."""
    segment = _segment(reader)
    parts = list(walked(_elements(reader, segment.start, segment.end)))
    if not parts or parts[-1].end != segment.end:
        raise Torn("no film of whole elements")
    said = [(XMP, packet)]
    if not any(name == COMMENT and comment.encode() in text for name, text in _tags(reader, parts)):
        said.append((COMMENT, comment.encode()))
    simple = b"".join(
        _element(SIMPLE, _element(TAG_NAME, name.encode()) + _element(TAG_STRING, text))
        for name, text in said
    )
    tags = _element(TAGS, _element(TAG, _element(TARGETS, b"") + simple))
    new = [Edit(segment.end, 0, tags), *_indexed(reader, segment, parts)]
    if segment.sized:
        width = segment.start - segment.at - 4
        size = segment.end - segment.start + len(tags)
        new.append(Edit(segment.at + 4, width, _size(size, width)))
    return new


def packets(reader: Reader) -> Iterator[bytes]:
    """Tags of that name."""
    segment = _segment(reader)
    for name, text in _tags(reader, walked(_elements(reader, segment.start, segment.end))):
        if name == XMP:
            yield text


def _segment(reader: Reader) -> Element:
    """The film, behind the header."""
    for element in _elements(reader, 0, reader.size):
        if element.id == SEGMENT:
            return element
    raise Torn("no segment")


def _tags(reader: Reader, parts: Iterable[Element]) -> Iterator[tuple[str, bytes]]:
    """Names and texts of all tags."""
    for part in parts:
        if part.id != TAGS or part.end - part.start > PIECE_MAX:
            continue
        for tag in _inside(reader, part, TAG):
            for simple in _inside(reader, tag, SIMPLE):
                values = {
                    e.id: reader.read(e.start, e.end - e.start)
                    for e in _elements(reader, simple.start, simple.end)
                }
                yield (
                    values.get(TAG_NAME, b"").decode("utf-8", "replace"),
                    values.get(TAG_STRING, b""),
                )


def _inside(reader: Reader, parent: Element, kind: int) -> Iterator[Element]:
    return (e for e in _elements(reader, parent.start, parent.end) if e.id == kind)


def _elements(reader: Reader, at: int, end: int) -> Iterator[Element]:
    """The elements that lie side by side from `at` to `end`."""
    while at < end:
        width = _width(reader.number(at, 1), 4)
        kind = reader.number(at, width)
        first = reader.number(at + width, 1)
        size_width = _width(first, 8)
        size = reader.number(at + width, size_width) - (1 << 7 * size_width)
        start = at + width + size_width
        sized = size != (1 << 7 * size_width) - 1
        if not sized and kind != SEGMENT:
            raise Torn("an element without size")
        behind = start + size if sized else end
        if behind > end:
            raise Torn("an element is cut off")
        yield Element(kind, at, start, behind, sized)
        at = behind


def _width(first: int, most: int) -> int:
    """Bytes of a number by the leading zeros of its first byte."""
    width = 9 - first.bit_length()
    if width > most:
        raise Torn("no number where one must be")
    return width


def _element(kind: int, content: bytes) -> bytes:
    size = len(content)
    width = next(n for n in range(1, 9) if size < (1 << 7 * n) - 1)
    return kind.to_bytes((kind.bit_length() + 7) // 8, "big") + _size(size, width) + content


def _size(size: int, width: int) -> bytes:
    if size >= (1 << 7 * width) - 1:
        raise Torn("larger than its size can say")
    return (size | 1 << 7 * width).to_bytes(width, "big")


def _indexed(reader: Reader, segment: Element, parts: list[Element]) -> list[Edit]:
    """The index with an entry for the tags, if the empty space behind it takes one: readers that
    stop at the first pictures find them through it."""
    for index, space in pairwise(parts):
        if index.id != SEEK_HEAD or space.id != VOID or space.end - index.at > PIECE_MAX:
            continue
        content = reader.read(index.start, index.end - index.start)
        if content[:2] == bytes([CRC, 0x84]):
            content = content[6:]
        place = (segment.end - segment.start).to_bytes(8, "big")
        content += _element(
            SEEK, _element(SEEK_ID, TAGS.to_bytes(4, "big")) + _element(SEEK_POSITION, place)
        )
        checked = bytes([CRC, 0x84]) + zlib.crc32(content).to_bytes(4, "little") + content
        new = _element(SEEK_HEAD, checked)
        left = space.end - index.at - len(new)
        if left >= 9:
            void = bytes([VOID]) + _size(left - 9, 8) + b"\0" * (left - 9)
            return [Edit(index.at, space.end - index.at, new + void)]
    return []
