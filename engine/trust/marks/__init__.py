"""Where each format of files keeps an XMP packet and a comment, one format a file: the folder is
the registry.

A file holds `NAME`, `begins(head)` (whether a file is one, by its first `HEAD_BYTES`),
`edits(reader, packet, comment)` (what makes it a marked one; the samples and the codes of the
pictures stay as they are) and `packets(reader)` (the XMP in it, in the order of the file).
Both raise `engine.trust.edits.Torn` for what isn't whole.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Protocol, cast

from engine.trust.edits import Edit, Reader

HEAD_BYTES = 64


class Format(Protocol):
    """What a file holds."""

    NAME: str

    def begins(self, head: bytes) -> bool:
        """Whether a file with this beginning is one."""

    def edits(self, reader: Reader, packet: bytes, comment: str) -> list[Edit]:
        """What puts packet and comment in."""

    def packets(self, reader: Reader) -> Iterator[bytes]:
        """XMP packets of the file."""


@cache
def formats() -> tuple[Format, ...]:
    """Every format there is."""
    stems = sorted(p.stem for p in Path(__file__).parent.glob("[!_]*.py"))
    return tuple(cast(Any, importlib.import_module(f"{__name__}.{stem}")) for stem in stems)


def format_of(head: bytes) -> Format | None:
    """The format of a file by its first bytes."""
    return next((f for f in formats() if f.begins(head)), None)


def names() -> str:
    """All formats, as a sentence lists them."""
    *most, last = (f.NAME for f in formats())
    return f"{', '.join(most)} and {last}"
