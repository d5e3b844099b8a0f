"""The interface's language: `tr` around each text that a person reads, gettext behind it.

What goes into files, JSON and the engine's own sentences stays English, so that logs and reports
of two machines compare. A text with values is `tr("{n} faces").format(n=n)`: the finder of texts
can't look into f-strings.
"""

from __future__ import annotations

import os
from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path

FOLDER = Path(__file__).parent / "locale"


def languages() -> list[str]:
    """Languages that the user wants, best first: FSTUI_LANGUAGE, else the locale's variables."""
    for name in ("FSTUI_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return value.split(":")
    return []


@cache
def _catalogue() -> NullTranslations:
    return translation("fstui", FOLDER, languages(), fallback=True)


def tr(text: str) -> str:
    """A text in the user's language; itself where there is no translation."""
    return _catalogue().gettext(text) if text else ""


def tr_n(one: str, many: str, n: int) -> str:
    """As `tr`, with the form for a number: `tr_n("{n} face", "{n} faces", n).format(n=n)`."""
    return _catalogue().ngettext(one, many, n)


def later(text: str) -> str:
    """Marks a text of a table, which `tr` translates as it is shown."""
    return text
