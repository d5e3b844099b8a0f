"""OpenEXR pictures as 8-bit sRGB: scene-linear half or float samples, RGB(A) or luminance.

File layout: openexr.com, "OpenEXR File Layout". FFmpeg decodes; it leaves out what it can't decode
without a word, so that sizes and chunks are checked here.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from engine.errors import BadInput, from_os_error
from engine.media.limits import check_size
from engine.protocol import safe_text

MAGIC = b"\x76\x2f\x31\x01"
MAX_PIXELS = 67_108_864
"""8192 x 8192, a gigabyte of float samples."""
MAX_BYTES = 2 << 30
HEAD_BYTES = 1 << 20
"""The header ends within them, or the file is damaged."""

TILED, DEEP, PARTS = 0x200, 0x800, 0x1000
"""Bits of the version field."""
LINES = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 32, 9: 256}
"""Scan lines in a chunk by compression: none, RLE, ZIPS, ZIP, PIZ, PXR24, B44, B44A, DWAA, DWAB."""
ZLIB = (2, 3)
SAMPLE_BYTES = {0: 4, 1: 2, 2: 4}
"""By a channel's type: uint, half, float."""


@dataclass(frozen=True)
class Header:
    """What a file says of itself before its pixels."""

    width: int
    height: int
    """Of the display window: the picture."""
    data_width: int
    data_height: int
    """Of the data window: the pixels that are stored."""
    compression: int
    line_bytes: int
    """Of an unpacked scan line; 0 if the pixels are in tiles or not all channels are whole."""
    chunks: int
    """Pieces that the pixels are stored in."""
    size_at: int
    """Where a chunk's own size is, counted from its beginning."""
    end: int
    """Where the table of chunks begins."""


def is_exr(path: Path) -> bool:
    """Whether a file is one by its first bytes."""
    with open(path, "rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def exr_size(path: Path) -> tuple[int, int]:
    """Width and height of the picture. Raises `BadInput`."""
    shown = safe_text(str(path))
    with open(path, "rb") as file:
        header = header_of(file.read(HEAD_BYTES), shown)
    return header.width, header.height


def read_exr(path: Path) -> NDArray[np.uint8]:
    """The picture, (height, width, 3), by sRGB's transfer, clipped to 0..1; raises `BadInput`.

    Colours are taken as linear with sRGB's primaries. They are premultiplied in an EXR: what is
    transparent comes over black. Luminance alone is grey.
    """
    shown = safe_text(str(path))
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(f"{shown} is larger than {MAX_BYTES >> 30} GiB: it isn't opened.")
        data = path.read_bytes()
    except OSError as error:
        raise from_os_error(error, f"reading {shown}") from error
    header = header_of(data[:HEAD_BYTES], shown)
    _check_chunks(data, header, shown)
    try:
        decoder = av.CodecContext.create("exr", "r")
        frames = [f for packet in (av.Packet(data), None) for f in decoder.decode(packet)]
    except (av.error.FFmpegError, MemoryError) as error:
        raise _damaged(shown) from error
    if not frames or "f" not in frames[0].format.name.removeprefix("gbr"):
        raise BadInput(f"{shown} has no RGB or luminance in half or float samples.")
    return _srgb(frames[0])


def _srgb(frame: av.VideoFrame) -> NDArray[np.uint8]:
    kind = np.dtype("<f2" if "f16" in frame.format.name else "<f4")
    planes = []
    for plane in list(frame.planes)[: 1 if frame.format.name.startswith("gray") else 3]:
        rows = np.frombuffer(plane, kind).reshape(plane.height, -1)[:, : plane.width]
        with np.errstate(over="ignore", invalid="ignore"):
            planes.append(TRANSFER[rows.astype(np.float16).view(np.uint16)])
    green, blue, red = planes if len(planes) == 3 else planes * 3
    return np.stack([red, green, blue], -1)


def _transfer() -> NDArray[np.uint8]:
    """sRGB's 8-bit value (IEC 61966-2-1) of every half, by its bits; not a number is 0.

    Halves have 11 bits: more than 8-bit sRGB tells apart anywhere in 0..1.
    """
    linear = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float64)
    linear = np.clip(np.nan_to_num(linear, posinf=1.0, neginf=0.0), 0.0, 1.0)
    curve = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(255 * curve).astype(np.uint8)


TRANSFER = _transfer()


def header_of(head: bytes, shown: str) -> Header:
    """The header of a file with one flat part. Raises `BadInput`, also beyond the limits."""
    try:
        flags, attributes, end = attributes_of(head)
        windows = [struct.unpack("<4i", attributes[n]) for n in ("dataWindow", "displayWindow")]
        data, display = ((w[2] - w[0] + 1, w[3] - w[1] + 1) for w in windows)
        compression = attributes["compression"][0]
        if flags & TILED:
            across, down = struct.unpack_from("<2I", attributes["tiles"])
            line_bytes, size_at = 0, 16
        else:
            across, down = data[0], LINES[compression]
            line_bytes, size_at = data[0] * _pixel_bytes(attributes["channels"]), 4
        chunks = -(-data[0] // across) * -(-data[1] // down)
    except (LookupError, ValueError, ArithmeticError, struct.error) as error:
        raise _damaged(shown) from error
    if flags & (DEEP | PARTS):
        raise BadInput(f"{shown} is an EXR of several parts or deep pixels: save it flat.")
    check_size(*display, shown, MAX_PIXELS)
    check_size(*data, shown, MAX_PIXELS)
    return Header(*display, *data, compression, line_bytes, chunks, size_at, end)


def attributes_of(head: bytes) -> tuple[int, dict[str, bytes], int]:
    """The version's flags, the attributes by name, and the offset behind them."""
    magic, version = struct.unpack_from("<4sI", head)
    if magic != MAGIC:
        raise ValueError("no EXR")
    at, attributes = 8, {}
    while head[at]:
        name_end = head.index(0, at)
        type_end = head.index(0, name_end + 1)
        (size,) = struct.unpack_from("<I", head, type_end + 1)
        start = type_end + 5
        attributes[head[at:name_end].decode("latin-1")] = head[start : start + size]
        at = start + size
    return version, attributes, at + 1


def _pixel_bytes(channels: bytes) -> int:
    """Bytes a pixel has in all channels; 0 if a channel is stored at fewer pixels than others."""
    at, total = 0, 0
    while channels[at]:
        at = channels.index(0, at) + 1
        kind, across, down = struct.unpack_from("<i4x2i", channels, at)
        if (across, down) != (1, 1):
            return 0
        total += SAMPLE_BYTES[kind]
        at += 16
    return total


def _check_chunks(data: bytes, header: Header, shown: str) -> None:
    """Raise `BadInput` if a chunk of pixels is not there whole.

    Of more than one resolution the full one comes first, and it alone is looked at.
    """
    try:
        for n, offset in enumerate(struct.unpack_from(f"<{header.chunks}Q", data, header.end)):
            (size,) = struct.unpack_from("<I", data, offset + header.size_at)
            start = offset + header.size_at + 4
            if offset < header.end or start + size > len(data):
                raise _damaged(shown)
            if header.line_bytes and header.compression in ZLIB:
                lines = LINES[header.compression]
                unpacked = min(lines, header.data_height - n * lines) * header.line_bytes
                if size < unpacked:  # else it is stored as it is
                    packed = zlib.decompressobj()  # its checksum comes last: one byte more is asked
                    found = packed.decompress(data[start : start + size], unpacked + 1)
                    if len(found) != unpacked or not packed.eof:
                        raise _damaged(shown)
    except (struct.error, zlib.error, OverflowError, MemoryError) as error:
        raise _damaged(shown) from error


def _damaged(shown: str) -> BadInput:
    return BadInput(f"{shown} is an EXR picture that is damaged or cut off.")
