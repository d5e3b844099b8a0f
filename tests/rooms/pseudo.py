"""A language that can be recognised: each letter in its full-width form, two columns wide."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo

from fstui.locale.__main__ import texts

NAME = "xx"
WIDE = 0xFEE0
"""From an ASCII letter to its full-width form."""


def pseudo(text: str) -> str:
    """A text in that language; what stands in braces stays, for values are put there."""
    return re.sub(r"\{[^{}]*\}|[A-Za-z]", _wide, text)


def _wide(found: re.Match[str]) -> str:
    return found[0] if len(found[0]) > 1 else chr(ord(found[0]) + WIDE)


def write(folder: Path) -> None:
    """The catalogue of all texts, compiled, for `i18n.use([NAME], folder)`."""
    found = texts()
    made = Catalog(locale="en", project="fstui", charset="utf-8")
    for message in found:
        if not message.id:
            continue
        one = message.id if isinstance(message.id, str) else message.id[0]
        many = message.id if isinstance(message.id, str) else message.id[1]
        said = pseudo(one) if isinstance(message.id, str) else (pseudo(one), pseudo(many))
        made.add(message.id, said)
    path = folder / NAME / "LC_MESSAGES" / "fstui.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, made)
