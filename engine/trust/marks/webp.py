"""WebP: XMP in a chunk of the extended form, behind the pictures. The format has no comment.

Source: developers.google.com/speed/webp, "WebP Container Specification".
"""

from __future__ import annotations

import os
from pathlib import Path

from engine.trust.marks import PACKET_MOST, no_such

SUFFIXES = frozenset({".webp"})
HAS_XMP, HAS_ALPHA = 0x04, 0x10


def add(path: Path, packet: bytes, comment: str) -> None:
    """Make a simple file an extended one where need be, and append the chunk."""
    data = path.read_bytes()
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise no_such(path, "WebP")
    if data[12:16] == b"VP8X":
        head = data[12:20] + bytes([data[20] | HAS_XMP]) + data[21:30]
        rest = data[30:]
    else:
        head = _extended(path, data)
        rest = data[12:]
    body = head + rest + b"XMP " + len(packet).to_bytes(4, "little") + packet
    body += b"\0" * (len(packet) % 2)
    path.write_bytes(b"RIFF" + (4 + len(body)).to_bytes(4, "little") + b"WEBP" + body)


def _extended(path: Path, data: bytes) -> bytes:
    """The header chunk of a file that has one picture: size and alpha are in the picture's own."""
    kind, frame = data[12:16], data[20:30]
    if kind == b"VP8 " and frame[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(frame[i : i + 2], "little") & 0x3FFF for i in (6, 8))
        flags = HAS_XMP
    elif kind == b"VP8L" and frame[:1] == b"\x2f":
        bits = int.from_bytes(frame[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        flags = HAS_XMP | (HAS_ALPHA if bits >> 28 & 1 else 0)
    else:
        raise no_such(path, "WebP")
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"VP8X" + (10).to_bytes(4, "little") + bytes([flags, 0, 0, 0]) + size


def read(path: Path) -> tuple[bytes, str]:
    """By walking the chunks."""
    packet = b""
    with open(path, "rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(0)
        head = file.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WEBP":
            return packet, ""
        at = 12
        while at + 8 <= end:
            file.seek(at)
            kind, size = file.read(4), int.from_bytes(file.read(4), "little")
            if kind == b"XMP ":
                packet = file.read(min(size, PACKET_MOST))
            at += 8 + size + size % 2
    return packet, ""
