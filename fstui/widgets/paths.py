"""Completion of typed paths: folders and files that begin with what was typed. No Textual."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from engine.footage import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from engine.protocol import safe_text
from fstui.i18n import tr

MEDIA = (*VIDEO_SUFFIXES, *IMAGE_SUFFIXES)
MOST = 200
"""Candidates that are kept; a folder of a million frames is not listed whole."""


@dataclass(frozen=True)
class Candidates:
    """What a typed path can become."""

    typed: str
    names: tuple[str, ...] = ()
    """Names in the folder, folders with a slash behind, sorted; at most `MOST`."""
    common: str = ""
    """What all of them begin with; empty when nothing matches."""
    problem: str = ""
    """Why there are none, in one sentence."""


def candidates(typed: str, suffixes: Sequence[str] = MEDIA) -> Candidates:
    """Folders, and files with one of these suffixes, in the folder that `typed` is in; `~` and
    `~user` are the home folders."""
    folder, begin = os.path.split(os.path.expanduser(typed))
    if typed == "~" or (typed.startswith("~") and os.sep not in typed):
        return Candidates(typed, (typed + os.sep,), typed + os.sep)
    try:
        with os.scandir(folder or ".") as entries:
            names = [_name(e) for e in entries if _fits(e, begin, tuple(suffixes))]
    except FileNotFoundError:
        return Candidates(typed, problem=tr("There is no such folder."))
    except NotADirectoryError:
        return Candidates(typed, problem=tr("That is a file, not a folder."))
    except OSError as error:
        return Candidates(
            typed, problem=tr("It can't be listed: {why}.").format(why=error.strerror)
        )
    if not names:
        return Candidates(typed, problem=_none_of(suffixes))
    shown = tuple(sorted(names, key=_order)[:MOST])
    return Candidates(typed, shown, common_start(names))


def complete(found: Candidates) -> str:
    """The typed path, longer by what all candidates share."""
    if not found.names:
        return found.typed
    if found.names == (found.common,) and found.typed.startswith("~") and os.sep not in found.typed:
        return found.common
    return os.path.join(os.path.split(found.typed)[0], found.common)


def common_start(names: Sequence[str]) -> str:
    """The longest text that all names begin with."""
    first, last = min(names), max(names)
    for i, character in enumerate(first):
        if last[i : i + 1] != character:
            return first[:i]
    return first


def _none_of(suffixes: Sequence[str]) -> str:
    """The sentence where nothing fits."""
    if suffixes is MEDIA:
        return tr("No folder or media file begins like this.")
    if not suffixes:
        return tr("No folder begins like this.")
    none = tr("No folder and no file in {suffixes} begins like this.")
    return none.format(suffixes=", ".join(suffixes))


def _fits(entry: os.DirEntry[str], begin: str, suffixes: tuple[str, ...]) -> bool:
    """Hidden names only when a dot was typed; names with control characters never."""
    if safe_text(entry.name) != entry.name:
        return False
    if not entry.name.startswith(begin) or (entry.name.startswith(".") and not begin):
        return False
    try:
        return entry.is_dir() or entry.name.lower().endswith(suffixes)
    except OSError:
        return False


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name + (os.sep if entry.is_dir() else "")


def _order(name: str) -> tuple[bool, str]:
    """Folders first."""
    return (not name.endswith(os.sep), name.casefold())
