"""MP4 and MOV: XMP in a `uuid` box at the end; the comment is written when the file is muxed.

Source: ISO/IEC 14496-12 (boxes).
"""

from __future__ import annotations

import os
from pathlib import Path

from engine.trust.marks import PACKET_MOST, no_such
from engine.trust.marks.tags import tag

SUFFIXES = frozenset({".mp4", ".mov", ".m4v"})
UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
KINDS = (b"ftyp", b"moov", b"mdat", b"free", b"wide")
"""What a file's first box can be."""


def add(path: Path, packet: bytes, comment: str) -> None:
    """A top-level box at the end: it moves nothing that is in the file."""
    with open(path, "r+b") as file:
        if file.read(8)[4:] not in KINDS:
            raise no_such(path, "MP4 or MOV")
        file.seek(0, os.SEEK_END)
        file.write((24 + len(packet)).to_bytes(4, "big") + b"uuid" + UUID + packet)


def read(path: Path) -> tuple[bytes, str]:
    """The packet by walking the top-level boxes, the comment as FFmpeg reads it."""
    packet = b""
    with open(path, "rb") as file:
        end = file.seek(0, os.SEEK_END)
        at = 0
        while at + 8 <= end:
            file.seek(at)
            head = file.read(32)
            size, kind, skip = int.from_bytes(head[:4], "big"), head[4:8], 8
            if size == 1:
                size, skip = int.from_bytes(head[8:16], "big"), 16
            if size == 0:
                size = end - at
            if size < skip:
                break  # no MP4 after all
            if kind == b"uuid" and head[skip : skip + 16] == UUID:
                file.seek(at + skip + 16)
                packet = file.read(min(size - skip - 16, PACKET_MOST))
            at += size
    return packet, tag(path, "comment") if packet else ""
