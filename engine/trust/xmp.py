"""The XMP packet of a mark: written as one fixed form, read by looking for a few exact words.

No XML parser sees a packet: entities, schemas and references of a hostile one stay plain bytes.
Source: Adobe XMP Specification part 1 (packet), IPTC Photo Metadata Standard (digital source type).
"""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.sax.saxutils import escape, unescape

from engine.protocol import safe_text

VALUE_MAX = 1000
"""Characters of one value that are read."""


class Mark(NamedTuple):
    """What a marked file says."""

    comment: str
    digital_source_type: str
    """A URL of IPTC's vocabulary."""
    tool: str
    """Name and version of the program."""


def packet(mark: Mark) -> bytes:
    """The packet of a mark, UTF-8."""
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


def parse(data: bytes) -> Mark | None:
    """The mark in a packet; None without a digital source type. Other programs' packets are read
    too, whether they write the value as an element or as an attribute."""
    text = data.decode("utf-8", "replace")
    source_type = _value(text, "Iptc4xmpExt:DigitalSourceType")
    if not source_type:
        return None
    said = re.search(r'<dc:description>\s*<rdf:Alt>\s*<rdf:li xml:lang="x-default">([^<]*)', text)
    comment = _plain(said.group(1)) if said else ""
    return Mark(comment, source_type, _value(text, "xmp:CreatorTool"))


def _value(text: str, name: str) -> str:
    found = re.search(f"<{name}>([^<]*)</{name}>", text) or re.search(f'{name}="([^"<]*)"', text)
    return _plain(found.group(1)) if found else ""


def _plain(text: str) -> str:
    return safe_text(unescape(text[:VALUE_MAX])).strip()
