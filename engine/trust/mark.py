"""Machine-readable marks inside a file: that a face in it was replaced, and by what.

The term is IPTC's digital source type `compositeWithTrainedAlgorithmicMedia` (a captured picture
with parts made by a trained model), written as XMP: in an MP4 as a `uuid` box, in a JPEG as an
APP1 segment, in a page as a data block of its head. Each also has a plain comment. Sources: IPTC
Photo Metadata Standard (digital source type), Adobe XMP Specification part 3 (places in files),
ISO/IEC 14496-12 (boxes).
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape, unescape

import av

from engine import __version__
from engine.errors import BadInput
from engine.media.probe import open_video
from engine.protocol import safe_text

DIGITAL_SOURCE_TYPE = (
    "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
)
TERM = DIGITAL_SOURCE_TYPE.rpartition("/")[2]

XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
XMP_APP1 = b"http://ns.adobe.com/xap/1.0/\0"
JPEG_SEGMENT_MAX = 65_533

VIDEO_SUFFIXES = frozenset({".mp4"})
PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg"})
PAGE_SUFFIXES = frozenset({".html"})
PAGE_HEAD = 65_536
"""Bytes of a page in which its head ends."""


class Mark(NamedTuple):
    """What a marked file says."""

    comment: str
    digital_source_type: str
    """A URL of IPTC's vocabulary."""
    tool: str
    """Name and version of the program."""


def new_mark(iteration: int) -> Mark:
    """The mark of a file that this program makes with a model of so many iterations."""
    comment = f"Face replaced with fstui {__version__} (model iteration {iteration}). {TERM}"
    return Mark(comment, DIGITAL_SOURCE_TYPE, f"fstui {__version__}")


def add_mark(path: Path, mark: Mark) -> None:
    """Mark a finished MP4, JPEG or HTML page in place. Raises `BadInput` for any other file."""
    suffix = path.suffix.lower()
    if suffix in VIDEO_SUFFIXES:
        _append_box(path, _packet(mark))
    elif suffix in PICTURE_SUFFIXES:
        _insert_segments(path, mark)
    elif suffix in PAGE_SUFFIXES:
        _insert_in_page(path, mark)
    else:
        raise BadInput(f"{safe_text(path.name)} can't be marked: only MP4, JPEG and HTML can.")


def read_mark(path: Path) -> Mark | None:
    """The mark of an MP4, JPEG or page; None where there is none or it can't be read."""
    suffix = path.suffix.lower()
    if suffix in VIDEO_SUFFIXES:
        return _parse(_mp4_packet(path), _mp4_comment(path))
    if suffix in PICTURE_SUFFIXES:
        packet, comment = _jpeg_parts(path)
        return _parse(packet, comment)
    if suffix in PAGE_SUFFIXES:
        return _page_mark(path)
    return None


# --- the packet ------------------------------------------------------------------------------


def _packet(mark: Mark) -> bytes:
    text = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '<rdf:Description rdf:about=""\n'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"\n'
        ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"\n'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        "<Iptc4xmpExt:DigitalSourceType>"
        f"{escape(mark.digital_source_type)}</Iptc4xmpExt:DigitalSourceType>\n"
        f"<xmp:CreatorTool>{escape(mark.tool)}</xmp:CreatorTool>\n"
        '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">'
        f"{escape(mark.comment)}</rdf:li></rdf:Alt></dc:description>\n"
        "</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    )
    return text.encode()


def _parse(packet: bytes, comment: str) -> Mark | None:
    text = packet.decode("utf-8", "replace")
    source_type = _between(text, "Iptc4xmpExt:DigitalSourceType")
    if not source_type:
        return None
    return Mark(comment, source_type, _between(text, "xmp:CreatorTool"))


def _between(text: str, name: str) -> str:
    found = re.search(f"<{name}>([^<]*)</{name}>", text)
    return safe_text(unescape(found.group(1))) if found else ""


# --- MP4 -------------------------------------------------------------------------------------


def _append_box(path: Path, packet: bytes) -> None:
    """A top-level box at the end: it moves nothing that is in the file."""
    box = (24 + len(packet)).to_bytes(4, "big") + b"uuid" + XMP_UUID + packet
    with open(path, "ab") as file:
        file.write(box)
        file.flush()
        os.fsync(file.fileno())


def _mp4_packet(path: Path) -> bytes:
    """The XMP of an MP4, found by walking its top-level boxes."""
    packet = b""
    with open(path, "rb") as file:
        end = file.seek(0, os.SEEK_END)
        at = 0
        while at + 8 <= end:
            file.seek(at)
            head = file.read(32)
            size, kind, skip = int.from_bytes(head[:4], "big"), head[4:8], 8
            if size == 1:
                size, skip = int.from_bytes(head[8:16], "big"), 16
            if size == 0:
                size = end - at
            if size < skip:
                break  # no MP4 after all
            if kind == b"uuid" and head[skip : skip + 16] == XMP_UUID:
                file.seek(at + skip + 16)
                packet = file.read(min(size - skip - 16, 1 << 20))
            at += size
    return packet


def _mp4_comment(path: Path) -> str:
    try:
        with open_video(path) as container:
            return safe_text(container.metadata.get("comment", ""))
    except (BadInput, av.error.FFmpegError):
        return ""


# --- JPEG ------------------------------------------------------------------------------------


def _insert_segments(path: Path, mark: Mark) -> None:
    """XMP and a comment behind the first marker (and JFIF's, which must stay first)."""
    data = path.read_bytes()
    if data[:2] != b"\xff\xd8":
        raise BadInput(f"{safe_text(path.name)} can't be marked: it is no JPEG.")
    at = 2
    if data[2:4] == b"\xff\xe0":
        at += 2 + int.from_bytes(data[4:6], "big")
    xmp = _segment(0xE1, XMP_APP1 + _packet(mark))
    said = _segment(0xFE, mark.comment.encode()[: JPEG_SEGMENT_MAX - 2])
    with open(path, "wb") as file:
        file.write(data[:at] + xmp + said + data[at:])
        file.flush()
        os.fsync(file.fileno())


def _segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload


def _jpeg_parts(path: Path) -> tuple[bytes, str]:
    """XMP and comment of a JPEG."""
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


# --- HTML ------------------------------------------------------------------------------------


def _insert_in_page(path: Path, mark: Mark) -> None:
    """XMP as a block of data in the head, which no browser runs, and a comment's meta tag."""
    data = path.read_bytes()
    at = data.find(b"</head>")
    if at < 0:
        raise BadInput(f"{safe_text(path.name)} can't be marked: it is no page with a head.")
    said = f'<meta name="description" content="{escape(mark.comment, {chr(34): "&quot;"})}">\n'
    block = b'<script type="application/rdf+xml">\n' + _packet(mark) + b"\n</script>\n"
    with open(path, "wb") as file:
        file.write(data[:at] + said.encode() + block + data[at:])
        file.flush()
        os.fsync(file.fileno())


def _page_mark(path: Path) -> Mark | None:
    with open(path, "rb") as file:
        head = file.read(PAGE_HEAD).partition(b"</head>")[0]
    said = re.search(rb'<meta name="description" content="([^"]*)">', head)
    return _parse(head, safe_text(unescape(said[1].decode("utf-8", "replace"))) if said else "")
