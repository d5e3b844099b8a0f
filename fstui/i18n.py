"""The interface's language: `tr` around each text that a person reads, gettext behind it.

It is English until the interface calls `use` at its start. The command line's output, files, JSON,
logs and the engine's own sentences stay English, so that those of two machines compare; so do the
names of settings, figures and keys that are typed. A text with values is
`tr("{n} faces").format(n=n)`: the finder of texts can't look into f-strings.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from gettext import NullTranslations, translation
from itertools import takewhile
from pathlib import Path

FOLDER = Path(__file__).parent / "locale"
ENGLISH = re.compile(r"(en|C|POSIX)([._@-].*)?$")
"""Names of the language that needs no catalogue."""


class _Spoken:
    """What `tr` answers from; one for the process, as there is one interface in it."""

    catalogue: NullTranslations = NullTranslations()


def languages(chosen: str = "") -> list[str]:
    """Languages that the user wants, best first: FSTUI_LANGUAGE, the one `chosen` in the settings,
    else the locale's variables."""
    named = os.environ.get("FSTUI_LANGUAGE") or chosen
    if named:
        return named.split(":")
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return value.split(":")
    return []


def use(wanted: Sequence[str], folder: Path = FOLDER) -> None:
    """Speak the first language of `wanted` that there is a catalogue for in `folder`; English
    where that comes before, and where there is none."""
    before_english = list(takewhile(lambda name: not ENGLISH.match(name), wanted))
    # gettext itself would look into the environment where no language is named.
    found = translation("fstui", folder, before_english, fallback=True) if before_english else None
    _Spoken.catalogue = found or NullTranslations()


def tr(text: str) -> str:
    """A text in the user's language; itself where there is no translation."""
    return _Spoken.catalogue.gettext(text) if text else ""


def tr_n(one: str, many: str, n: int) -> str:
    """As `tr`, with the form for a number: `tr_n("{n} face", "{n} faces", n).format(n=n)`."""
    return _Spoken.catalogue.ngettext(one, many, n)


def later(text: str) -> str:
    """Marks a text of a table, which `tr` translates as it is shown."""
    return text
