"""Commands in sentences as they are typed here: the engine names commands alone, 'extract film'."""

from __future__ import annotations

import os
import re

from fstui.commands import COMMANDS

VARIABLE = "FSTUI_CALLED_AS"
"""How the program was called, where that isn't by its name: `run.py` says so here."""
_COMMAND = "|".join(COMMANDS)
_HINTS = re.compile(
    # With words after it, but for a project or a value that has such a name; alone only where a
    # sentence tells what to type.
    rf"(?<!project )(?<!be )'(?=(?:{_COMMAND}) )"
    rf"|(?:(?<=[:,] )|(?<=with )|(?<=run )|(?<=use )|(?<=and ))'(?=(?:{_COMMAND})')"
)


def program() -> str:
    """`python3 run.py` or `fstui`: what a user types before a command."""
    return os.environ.get(VARIABLE) or "fstui"


def with_program(sentence: str) -> str:
    """A sentence whose quoted commands can be typed as they stand."""
    return _HINTS.sub(lambda _: f"'{program()} ", sentence)
