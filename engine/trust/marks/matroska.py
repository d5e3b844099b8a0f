"""Matroska and WebM: a `Tags` element behind all others, with the packet and the comment.

FFmpeg reads the comment that is written when the file is muxed; readers that walk all elements
(mkvinfo, MediaInfo) see both. Source: RFC 9559 (Matroska), RFC 8794 (EBML).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from engine.protocol import safe_text
from engine.trust.marks import PACKET_MOST, no_such

SUFFIXES = frozenset({".mkv", ".webm", ".mka"})
EBML, SEGMENT = 0x1A45DFA3, 0x18538067
TAGS, TAG, TARGETS, SIMPLE = 0x1254C367, 0x7373, 0x63C0, 0x67C8
NAME, STRING = 0x45A3, 0x4487
PACKET, COMMENT = "XMP", "COMMENT"
ELEMENTS_MOST = 1_000_000
"""Elements that are walked in a file at most: a day of clusters of a second each fits."""


def add(path: Path, packet: bytes, comment: str) -> None:
    """The element at the end of the segment, whose size grows by it."""
    tags = b"".join(
        element(SIMPLE, element(NAME, name.encode()) + element(STRING, value))
        for name, value in ((PACKET, packet), (COMMENT, comment.encode()))
    )
    new = element(TAGS, element(TAG, element(TARGETS, b"") + tags))
    with open(path, "r+b") as file:
        found = _segment(file)
        if found is None:
            raise no_such(path, "Matroska or WebM file")
        at, width, size = found
        end = file.seek(0, os.SEEK_END)
        if size is not None:
            if at + width + size != end:
                raise no_such(path, "Matroska or WebM file that is whole")
            file.write(new)
            file.seek(at)
            file.write(_sized(size + len(new), width))
        else:  # a segment of unknown size goes on to the file's end
            file.write(new)


def read(path: Path) -> tuple[bytes, str]:
    """Packet and comment of the last tags that have a packet."""
    found: tuple[bytes, str] = (b"", "")
    with open(path, "rb") as file:
        end = file.seek(0, os.SEEK_END)
        segment = _segment(file)
        if segment is None:
            return found
        at, width, _ = segment
        at += width
        for _ in range(ELEMENTS_MOST):
            file.seek(at)
            head = _head(file)
            if head is None or at >= end:
                break
            kind, size, start = head
            if size is None:
                break
            if kind == TAGS and size <= 2 * PACKET_MOST:
                tags = _simple_tags(file.read(size))
                if PACKET in tags:
                    said = tags.get(COMMENT, b"").decode("utf-8", "replace")
                    found = tags[PACKET], safe_text(said)
            at = start + size
    return found


def element(kind: int, payload: bytes) -> bytes:
    """An EBML element with its size in eight bytes."""
    name = kind.to_bytes((kind.bit_length() + 7) // 8, "big")
    return name + _sized(len(payload), 8) + payload


def _sized(size: int, width: int) -> bytes:
    """A size in so many bytes; the first one's leading zeros tell how many."""
    return (size | 1 << 7 * width).to_bytes(width, "big")


def _segment(file: BinaryIO) -> tuple[int, int, int | None] | None:
    """Where the segment's size stands, its width and value (None: unknown)."""
    file.seek(0)
    head = _head(file)
    if head is None or head[0] != EBML or head[1] is None:
        return None
    file.seek(head[2] + head[1])
    before = file.tell()
    head = _head(file)
    if head is None or head[0] != SEGMENT:
        return None
    at = before + 4
    return at, head[2] - at, head[1]


def _head(file: BinaryIO) -> tuple[int, int | None, int] | None:
    """Kind, size (None: unknown) and start of the payload of the element that begins here."""
    start = file.tell()
    data = file.read(12)
    kind = _number(data, keep=True)
    if kind is None:
        return None
    size = _number(data[kind[1] :], keep=False)
    if size is None:
        return None
    unknown = size[0] == (1 << 7 * size[1]) - 1
    return kind[0], None if unknown else size[0], start + kind[1] + size[1]


def _number(data: bytes, *, keep: bool) -> tuple[int, int] | None:
    """A number of variable width and that width; `keep` its marker, as names do."""
    if not data or not data[0]:
        return None
    width = 9 - data[0].bit_length()
    if len(data) < width:
        return None
    value = int.from_bytes(data[:width], "big")
    return (value if keep else value & (1 << 7 * width) - 1), width


def _simple_tags(data: bytes) -> dict[str, bytes]:
    """Names and strings of all simple tags inside `Tags`."""
    found: dict[str, bytes] = {}
    for kind, tag in _children(data):
        if kind != TAG:
            continue
        for inner, simple in _children(tag):
            if inner == SIMPLE:
                parts = dict(_children(simple))
                if NAME in parts and STRING in parts:
                    found[parts[NAME].decode("utf-8", "replace")] = parts[STRING]
    return found


def _children(data: bytes) -> list[tuple[int, bytes]]:
    """Elements one behind the other; what is cut off is left out."""
    found, at = [], 0
    while at < len(data):
        kind = _number(data[at : at + 12], keep=True)
        size = _number(data[at + kind[1] : at + kind[1] + 8], keep=False) if kind else None
        if kind is None or size is None:
            break
        start = at + kind[1] + size[1]
        found.append((kind[0], data[start : start + size[0]]))
        at = start + size[0]
    return found
