"""GIF: XMP in an application extension, the comment in a comment extension, before the pictures.

Source: "Graphics Interchange Format, Version 89a", 1990.
"""

from __future__ import annotations

from pathlib import Path

from engine.protocol import safe_text
from engine.trust.marks import no_such

SUFFIXES = frozenset({".gif"})
XMP = b"\x21\xff\x0bXMP DataXMP"
COMMENT = b"\x21\xfe"
LOOP, LOOP_BYTES = b"\x21\xff\x0bNETSCAPE2.0", 19
TRAIL = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
"""The packet stands bare in the file: wherever a reader takes one of its bytes for a block's size,
it lands in these and comes out at the end."""


def add(path: Path, packet: bytes, comment: str) -> None:
    """Both extensions behind the colours and the extension that tells how often it plays."""
    data = path.read_bytes()
    if data[:6] not in (b"GIF87a", b"GIF89a") or data[-1:] != b"\x3b":
        raise no_such(path, "GIF")
    said = comment.encode()
    blocks = b"".join(
        bytes([len(said[i : i + 255])]) + said[i : i + 255] for i in range(0, len(said), 255)
    )
    new = XMP + packet + TRAIL + COMMENT + blocks + b"\0"
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    if data[at:].startswith(LOOP):
        at += LOOP_BYTES
    path.write_bytes(b"GIF89a" + data[6:at] + new + data[at:])  # extensions came with 89a


def read(path: Path) -> tuple[bytes, str]:
    """The last packet, and the comment right behind it."""
    data = path.read_bytes()
    start = data.rfind(XMP)
    end = data.find(TRAIL, start)
    if data[:3] != b"GIF" or start < 0 or end < 0:
        return b"", ""
    packet, comment, at = data[start + len(XMP) : end], b"", end + len(TRAIL)
    if data[at : at + 2] == COMMENT:
        at += 2
        while at < len(data) and data[at]:
            comment += data[at + 1 : at + 1 + data[at]]
            at += 1 + data[at]
    return packet, safe_text(comment.decode("utf-8", "replace"))
