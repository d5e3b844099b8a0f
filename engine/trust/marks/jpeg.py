"""JPEG: XMP in an APP1 segment, the comment in a COM segment, behind the first marker.

Source: ITU-T T.81 (segments).
"""

from __future__ import annotations

from pathlib import Path

from engine.protocol import safe_text
from engine.trust.marks import no_such

SUFFIXES = frozenset({".jpg", ".jpeg"})
XMP_APP1 = b"http://ns.adobe.com/xap/1.0/\0"
SEGMENT_MOST = 65_533


def add(path: Path, packet: bytes, comment: str) -> None:
    """Behind JFIF's segment, which must stay first."""
    data = path.read_bytes()
    if data[:2] != b"\xff\xd8":
        raise no_such(path, "JPEG")
    at = 2
    if data[2:4] == b"\xff\xe0":
        at += 2 + int.from_bytes(data[4:6], "big")
    xmp = _segment(0xE1, XMP_APP1 + packet)
    said = _segment(0xFE, comment.encode()[: SEGMENT_MOST - 2])
    path.write_bytes(data[:at] + xmp + said + data[at:])


def read(path: Path) -> tuple[bytes, str]:
    """By walking the segments before the picture."""
    data = path.read_bytes()
    packet, comment, at = b"", "", 2
    while data[at : at + 1] == b"\xff" and data[at + 1 : at + 2] not in (b"\xda", b"\xd9", b""):
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        payload = data[at + 4 : at + 2 + length]
        if data[at + 1] == 0xE1 and payload.startswith(XMP_APP1):
            packet = payload[len(XMP_APP1) :]
        elif data[at + 1] == 0xFE:
            comment = safe_text(payload.decode("utf-8", "replace"))
        at += 2 + max(2, length)
    return packet, comment


def _segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload
