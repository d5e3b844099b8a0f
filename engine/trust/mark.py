"""Machine-readable marks inside a file: that a face in it was replaced, and by what.

The term is IPTC's digital source type `compositeWithTrainedAlgorithmicMedia` (a captured picture
with parts made by a trained model), written as XMP with a plain comment beside it wherever the
format has one. Sources: IPTC Photo Metadata Standard (digital source type), Adobe XMP
Specification part 1.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape, unescape

from engine import __version__
from engine.errors import BadInput
from engine.process import fsync_file
from engine.protocol import safe_text
from engine.trust.marks import format_of, suffixes

DIGITAL_SOURCE_TYPE = (
    "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
)
TERM = DIGITAL_SOURCE_TYPE.rpartition("/")[2]


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
    """Mark a finished file in place. Raises `BadInput` for a kind that can't hold one."""
    kind = format_of(path)
    if kind is None:
        raise BadInput(
            f"{safe_text(path.name)} can't be marked: only files in {' '.join(suffixes())} can."
        )
    kind.add(path, _packet(mark), mark.comment)
    fsync_file(path)


def read_mark(path: Path) -> Mark | None:
    """The mark of a file; None where there is none."""
    kind = format_of(path)
    return _parse(*kind.read(path)) if kind else None


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
    """Elements are looked for as text: nothing in a packet is expanded or followed."""
    text = packet.decode("utf-8", "replace")
    source_type = _inside(text, "Iptc4xmpExt:DigitalSourceType")
    if not source_type:
        return None
    said = comment or _inside(text, "rdf:li")
    return Mark(said, source_type, _inside(text, "xmp:CreatorTool"))


def _inside(text: str, name: str) -> str:
    found = re.search(f"<{name}(?: [^<>]*)?>([^<]*)</{name}>", text)
    return safe_text(unescape(found.group(1))) if found else ""
