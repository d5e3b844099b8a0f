"""PNG: XMP in an `iTXt` chunk, the comment in a `tEXt` chunk, behind the header.

Source: W3C "Portable Network Graphics (PNG) Specification", third edition.
"""

from __future__ import annotations

import zlib
from pathlib import Path

from engine.protocol import safe_text
from engine.trust.marks import PACKET_MOST, no_such

SUFFIXES = frozenset({".png"})
MAGIC = b"\x89PNG\r\n\x1a\n"
XMP = b"XML:com.adobe.xmp\0"
"""The keyword; behind it: not compressed, no language, no translated keyword."""
COMMENT = b"Comment\0"
HEADER_BYTES = 25


def add(path: Path, packet: bytes, comment: str) -> None:
    """Both chunks behind IHDR."""
    data = path.read_bytes()
    if data[:8] != MAGIC or data[12:16] != b"IHDR":
        raise no_such(path, "PNG")
    at = len(MAGIC) + HEADER_BYTES
    said = comment.encode("latin-1", "replace")
    new = _chunk(b"iTXt", XMP + b"\0\0\0\0" + packet) + _chunk(b"tEXt", COMMENT + said)
    path.write_bytes(data[:at] + new + data[at:])


def read(path: Path) -> tuple[bytes, str]:
    """By walking the chunks."""
    packet, comment = b"", ""
    with open(path, "rb") as file:
        if file.read(8) != MAGIC:
            return packet, comment
        while len(head := file.read(8)) == 8:
            size, kind = int.from_bytes(head[:4], "big"), head[4:]
            if kind not in (b"iTXt", b"tEXt") or size > PACKET_MOST:
                file.seek(size + 4, 1)
                continue
            payload = file.read(size)
            file.seek(4, 1)
            if payload.startswith(XMP):
                packet = payload[len(XMP) + 4 :]
            elif kind == b"tEXt" and payload.startswith(COMMENT):
                comment = safe_text(payload[len(COMMENT) :].decode("latin-1"))
    return packet, comment


def _chunk(kind: bytes, payload: bytes) -> bytes:
    check = zlib.crc32(kind + payload).to_bytes(4, "big")
    return len(payload).to_bytes(4, "big") + kind + payload + check
