"""HTML: XMP as a block of data in the head, which no browser runs, and the comment as description.

Source: WHATWG, "HTML Living Standard", data blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from engine.trust.edits import Edit, Reader, Torn

NAME = "HTML"
BEGIN, HEAD_END = b"<!doctype html>", b"</head>"
BLOCK, BLOCK_END = b'<script type="application/rdf+xml">\n', b"\n</script>\n"
HEAD_MOST = 65_536
"""Bytes in which a page's head ends."""


def begins(head: bytes) -> bool:
    """By its document type."""
    return head.lower().startswith(BEGIN)


def edits(reader: Reader, packet: bytes, comment: str) -> list[Edit]:
    """At the end of the head."""
    at = reader.head(HEAD_MOST).find(HEAD_END)
    if at < 0:
        raise Torn("no end of the head")
    said = escape(comment, {'"': "&quot;"})
    description = f'<meta name="description" content="{said}">\n'.encode()
    return [Edit(at, 0, description + BLOCK + packet + BLOCK_END)]


def packets(reader: Reader) -> Iterator[bytes]:
    """The block."""
    _, found, rest = reader.head(HEAD_MOST).partition(BLOCK)
    if found:
        yield rest.partition(BLOCK_END)[0]
