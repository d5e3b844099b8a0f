"""faceswap's face PNGs: the crop, and an iTXt chunk `faceswap` with a Python literal about it."""

from __future__ import annotations

import ast
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import BadInput, Damaged, from_os_error
from engine.interop.bounded import read_file, shown
from engine.interop.entries import Face, Misshapen, integer, mapping, misshapen
from engine.interop.faceswap import read_face, write_face
from engine.protocol import safe_text, write_atomic

MAX_PNG_BYTES = 64 << 20
MAX_HEADER_BYTES = 1 << 20
MAX_NESTING = 16
SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"faceswap\0\0\0\0\0"
"""Keyword, uncompressed, method 0, no language, no translated keyword."""

_TOKEN = re.compile(
    r"""b?'(?:[^'\\\n]|\\['"\\nrtxuU])*+'|b?"(?:[^"\\\n]|\\['"\\nrtxuU])*+"
      |-?(?:\d++\.?\d*+|\.\d++)(?:[eE][-+]?\d++)?(?!\w)|True\b|False\b|None\b
      |(?P<open>[\[({])|(?P<shut>[\])}])|[,:]|[ \n]++""",
    re.VERBOSE | re.ASCII,
)


@dataclass
class FaceHeader:
    """What a face PNG says about itself."""

    face: Face | None
    """None without 68 landmarks."""
    frame: str
    """Name of the frame that it was cut from."""
    index: int
    """Of the face in its frame."""
    is_video: bool
    size: tuple[int, int] | None
    """Width and height of the frame."""
    version: float = 2.4


def read(path: Path) -> FaceHeader | None:
    """The header of a face PNG; None for a PNG without one.

    Raises `BadInput`, `Damaged`.
    """
    name = safe_text(path.name)
    text = header_text(read_file(path, MAX_PNG_BYTES), name)
    if text is None:
        return None
    try:
        return parse(literal(text))
    except Misshapen as wrong:
        raise misshapen(name, "", wrong) from wrong


def write(path: Path, png: bytes, header: FaceHeader) -> None:
    """Write a PNG with its header just before the picture's data."""
    try:
        write_atomic(path, with_header(png, repr(plain(header, path.name))))
    except OSError as error:
        raise from_os_error(error, f"writing {path}") from error


def header_text(data: bytes, name: str) -> str | None:
    """The text of the `faceswap` chunk. Raises `Damaged` for a torn file, `BadInput` for no PNG."""
    if not data.startswith(SIGNATURE):
        raise BadInput(f"{name} is no PNG.")
    for kind, at, size in chunks(data, name):
        if kind == b"iTXt" and data.startswith(KEYWORD, at):
            body = data[at : at + size]
            if zlib.crc32(kind + body) != struct.unpack_from(">I", data, at + size)[0]:
                raise Damaged(f"{name} is damaged: the check sum of its header is wrong.")
            if size > MAX_HEADER_BYTES:
                raise BadInput(f"{name} has a header of {size} bytes: it is refused.")
            try:
                return body[len(KEYWORD) :].decode("utf-8")
            except UnicodeDecodeError as error:
                raise Damaged(f"{name} is damaged: its header is no text.") from error
    return None


def chunks(data: bytes, name: str) -> Iterator[tuple[bytes, int, int]]:
    """Kind, offset and size of each chunk's body. Raises `Damaged` at a torn one."""
    at = len(SIGNATURE)
    while at < len(data):
        if at + 12 > len(data):
            raise Damaged(f"{name} is cut off.")
        size, kind = struct.unpack_from(">I4s", data, at)
        if at + 12 + size > len(data):
            raise Damaged(f"{name} is cut off.")
        yield kind, at + 8, size
        if kind == b"IEND":
            return
        at += 12 + size


def with_header(png: bytes, text: str) -> bytes:
    """A PNG with `text` as its `faceswap` chunk before the first IDAT."""
    at = next(at for kind, at, _ in chunks(png, "the picture") if kind == b"IDAT") - 8
    body = KEYWORD + text.encode("utf-8")
    chunk = struct.pack(">I", len(body)) + b"iTXt" + body
    return png[:at] + chunk + struct.pack(">I", zlib.crc32(chunk[4:])) + png[at:]


def literal(text: str) -> Any:
    """A Python literal of dicts, lists, tuples, text, bytes, numbers, True, False and None.

    Every token is looked at before Python's parser sees the text: no operator, no name, no depth
    that could exhaust it. Raises `Misshapen`.
    """
    at = depth = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise Misshapen(f"a header that is no plain value near '{shown(text[at:], 20)}'")
        depth += (token["open"] is not None) - (token["shut"] is not None)
        if not 0 <= depth <= MAX_NESTING:
            raise Misshapen("a header that is nested too deep")
        at = token.end()
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise Misshapen("a header that is no plain value") from error


def parse(value: Any) -> FaceHeader:
    """The header's value. Raises `Misshapen`."""
    data = mapping(value, "a header")
    source = mapping(data.get("source"), "a header")
    version = source.get("alignments_version", 2.1)
    if type(version) not in (int, float) or not 2.0 <= version < 3.0:
        raise Misshapen("a header of an unknown version")
    frame = source.get("source_filename")
    if not isinstance(frame, str):
        raise Misshapen("a header without the name of a frame")
    return FaceHeader(
        read_face(data.get("alignments"), version),
        frame,
        integer(source.get("face_index"), "a face whose number"),
        source.get("source_is_video") is True,
        _size(source.get("source_frame_dims")),
        float(version),
    )


def plain(header: FaceHeader, file_name: str) -> dict[str, Any]:
    """The header's value for a file of this name."""
    if header.face is None:
        raise ValueError("a header needs a face")
    return {
        "alignments": write_face(header.face, thumb=False),
        "source": {
            "alignments_version": 2.4,
            "original_filename": file_name,
            "face_index": header.index,
            "source_filename": header.frame,
            "source_is_video": header.is_video,
            "source_frame_dims": header.size[::-1] if header.size else None,
        },
    }


def _size(value: Any) -> tuple[int, int] | None:
    """Width and height from (height, width, ...)."""
    if not isinstance(value, tuple | list) or len(value) < 2:
        return None
    return integer(value[1], "a frame whose width"), integer(value[0], "a frame whose height")
