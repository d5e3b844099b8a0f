"""How each kind of file holds a mark: one module a format, found by suffix.

A module has `SUFFIXES`, `add(path, packet, comment)`, which marks a finished file in place and
leaves its pictures and sound byte for byte as they are, and `read(path)`, the packet (XMP) and the
plain comment that a file holds, both empty where there is none. `add` raises `BadInput` for a file
of another kind than its name says; `read` never raises for what a file holds. Source of where XMP
lies in each format: Adobe XMP Specification part 3 (2020).
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Protocol

from engine.errors import BadInput
from engine.protocol import safe_text

FORMATS = ("exr", "gif", "jpeg", "matroska", "mp4", "png", "tiff", "webp")
PACKET_MOST = 1 << 20
"""Bytes of a packet that are read at most."""


class Format(Protocol):
    """What a module holds."""

    SUFFIXES: frozenset[str]

    def add(self, path: Path, packet: bytes, comment: str) -> None:
        """Mark a file."""

    def read(self, path: Path) -> tuple[bytes, str]:
        """Packet and comment."""


def format_of(path: Path) -> Format | None:
    """The module for a file by its suffix."""
    suffix = path.suffix.lower()
    for name in FORMATS:
        module: Format = import_module(f"{__name__}.{name}")
        if suffix in module.SUFFIXES:
            return module
    return None


def suffixes() -> list[str]:
    """All that can be marked."""
    return sorted(s for name in FORMATS for s in import_module(f"{__name__}.{name}").SUFFIXES)


def no_such(path: Path, kind: str) -> BadInput:
    """The error for a file that isn't what its name says."""
    return BadInput(f"{safe_text(path.name)} can't be marked: it is no {kind}.")
