"""GIF: XMP in an application extension, the comment in a comment extension, before the pictures.

Sources: GIF89a specification 23-26; XMP Specification part 3, 1.1.2 (packet and magic trailer).
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.trust.edits import PIECE_MAX, Edit, Reader, Torn, walked

NAME = "GIF"
EXTENSION, IMAGE, TRAILER = 0x21, 0x2C, 0x3B
APPLICATION, COMMENT = 0xFF, 0xFE
XMP = b"XMP DataXMP"
LOOP = b"NETSCAPE2.0"
MAGIC = b"\x01" + bytes(range(0xFF, -1, -1)) + b"\0"
"""Behind a packet: a reader that takes its letters for sizes of blocks lands on the last zero."""


def begins(head: bytes) -> bool:
    """By the signature."""
    return head[:6] in (b"GIF87a", b"GIF89a")


def edits(reader: Reader, packet: bytes, comment: str) -> list[Edit]:
    """Two extensions behind the one that says how often it plays, which some want first."""
    blocks = list(walked(_blocks(reader)))
    if blocks[-1][0] != TRAILER:
        raise Torn("no trailer")
    place = blocks[0][2]
    if blocks[0][1] == APPLICATION and reader.read(place + 3, 11) == LOOP:
        place = blocks[1][2]
    xmp = bytes([EXTENSION, APPLICATION, len(XMP)]) + XMP + packet + MAGIC
    said = bytes([EXTENSION, COMMENT]) + _sub_blocks(comment.encode("ascii", "replace"))
    return [Edit(0, 6, b"GIF89a"), Edit(place, 0, xmp + said)]


def packets(reader: Reader) -> Iterator[bytes]:
    """Those whose trailer is there."""
    for kind, label, at in walked(_blocks(reader)):
        if kind == EXTENSION and label == APPLICATION and _is_xmp(reader, at):
            yield _packet(reader, at)


def _blocks(reader: Reader) -> Iterator[tuple[int, int, int]]:
    """Kind, label (0 but for extensions) and place of each block."""
    at = 13 + _table(reader.number(10, 1))
    while True:
        kind = reader.number(at, 1)
        label = reader.number(at + 1, 1) if kind == EXTENSION else 0
        yield kind, label, at
        if kind == TRAILER:
            return
        if kind == IMAGE:
            at = _behind(reader, at + 11 + _table(reader.number(at + 9, 1)))
        elif kind != EXTENSION:
            raise Torn("no block where one must be")
        elif label == APPLICATION and _is_xmp(reader, at):
            at += 14 + len(_packet(reader, at)) + len(MAGIC)
        else:
            at = _behind(reader, at + 2)


def _table(flags: int) -> int:
    """Bytes of the colour table that flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _behind(reader: Reader, at: int) -> int:
    """Behind the sub-blocks that begin at `at`."""
    for _ in range(PIECE_MAX):
        size = reader.number(at, 1)
        at += 1 + size
        if not size:
            return at
    raise Torn("sub-blocks without end")


def _is_xmp(reader: Reader, at: int) -> bool:
    return reader.read(at + 2, 12) == bytes([len(XMP)]) + XMP


def _packet(reader: Reader, at: int) -> bytes:
    start = at + 14
    data = reader.read(start, min(PIECE_MAX, reader.size - start))
    end = data.find(MAGIC)
    if end < 0:
        raise Torn("XMP without its trailer")
    return data[:end]


def _sub_blocks(data: bytes) -> bytes:
    parts = [data[n : n + 255] for n in range(0, len(data), 255)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"
