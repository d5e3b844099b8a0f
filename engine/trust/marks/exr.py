"""OpenEXR: the packet and the comment are attributes of the header, of type string.

Source: openexr.com, "OpenEXR File Layout" and "Standard Attributes" (`comments`).
"""

from __future__ import annotations

import struct
from pathlib import Path

from engine.errors import BadInput
from engine.media.exr import HEAD_BYTES, attributes_of, header_of
from engine.protocol import safe_text
from engine.trust.marks import no_such

SUFFIXES = frozenset({".exr"})
XMP, COMMENT = "xmp", "comments"


def add(path: Path, packet: bytes, comment: str) -> None:
    """Both attributes at the header's end; the places of the chunks behind it move by as much."""
    data = path.read_bytes()
    try:
        header = header_of(data[:HEAD_BYTES], path.name)
        places = struct.unpack_from(f"<{header.chunks}Q", data, header.end)
    except (BadInput, struct.error) as error:
        raise no_such(path, "flat EXR") from error
    new = _attribute(XMP, packet) + _attribute(COMMENT, comment.encode())
    moved = struct.pack(f"<{header.chunks}Q", *(place + len(new) for place in places))
    behind = header.end + len(moved)
    path.write_bytes(data[: header.end - 1] + new + b"\0" + moved + data[behind:])


def read(path: Path) -> tuple[bytes, str]:
    """The values of both attributes."""
    with open(path, "rb") as file:
        head = file.read(HEAD_BYTES)
    try:
        _, attributes, _ = attributes_of(head)
    except (LookupError, ValueError, struct.error):
        return b"", ""
    comment = attributes.get(COMMENT, b"").decode("utf-8", "replace")
    return attributes.get(XMP, b""), safe_text(comment)


def _attribute(name: str, value: bytes) -> bytes:
    return name.encode() + b"\0string\0" + struct.pack("<I", len(value)) + value
