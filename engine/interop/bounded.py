"""Reading files from outside within limits: their size, and what they unpack to."""

from __future__ import annotations

import zlib
from pathlib import Path

from engine.errors import BadInput, Damaged, from_os_error
from engine.protocol import safe_text

MAX_FILE_BYTES = 512 << 20
MAX_UNPACKED_BYTES = 1 << 30
FREE_UNPACKED_BYTES = 16 << 20
"""A small file may unpack to this much whatever its size."""
MAX_RATIO = 100
"""Alignments shrink by 3 to 30; zlib's most is 1032, which only a bomb comes near."""


def shown(text: object, limit: int = 80) -> str:
    """Text from inside a file, short and safe to print."""
    words = safe_text(str(text))
    return words if len(words) <= limit else f"{words[:limit]}..."


def read_file(path: Path, limit: int = MAX_FILE_BYTES) -> bytes:
    """A file's bytes. Raises `BadInput` when it is gone, no file, or larger than `limit`."""
    name = safe_text(str(path))
    try:
        if not path.is_file():
            raise BadInput(f"{name} is no file." if path.exists() else f"Nothing is at {name}.")
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise from_os_error(error, f"reading {name}") from error
    if len(data) > limit:
        raise BadInput(f"{name} is larger than the {limit >> 20} MiB that are read of such a file.")
    return data


def inflate(data: bytes, name: str, limit: int | None = None) -> bytes:
    """zlib data unpacked, to `limit` bytes or what its size makes likely.

    Raises `Damaged` when it is torn or no zlib data, `BadInput` when it is a bomb.
    """
    if limit is None:
        limit = min(MAX_UNPACKED_BYTES, max(FREE_UNPACKED_BYTES, MAX_RATIO * len(data)))
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(data, limit + 1)
    except zlib.error as error:
        raise Damaged(f"{name} is no zlib data or is damaged: {shown(error)}.") from error
    if len(plain) > limit:
        raise BadInput(f"{name} unpacks to more than {limit} bytes: it is refused as a bomb.")
    if not unpacker.eof:
        raise Damaged(f"{name} is cut off: its packed data has no end.")
    return plain
