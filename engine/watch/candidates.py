"""What lies in a media folder and may be footage: files, and folders of pictures."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from engine.project import IMAGE_SUFFIXES, SIDES, VIDEO_SUFFIXES

UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".filepart", ".tmp", "~")
"""Ends of names under which programs write what is not whole yet. rsync's begin with a dot."""


class Signature(NamedTuple):
    """What changes while something is still being written."""

    files: int
    bytes: int
    newest_ns: int
    """Newest modification time, ns."""


class Candidate(NamedTuple):
    """A file, or a folder of pictures, in the folder of a side."""

    side: str
    """"" for what lies beside the sides' folders."""
    path: Path
    signature: Signature


def is_ignored(name: str) -> bool:
    """Whether a name belongs to something hidden or unfinished."""
    return name.startswith(".") or name.lower().endswith(UNFINISHED)


def candidates(side: str, folder: Path) -> Iterator[Candidate]:
    """What lies in a side's folder; a folder in it counts as one where it holds pictures, and the
    videos in it each for themselves. What vanishes meanwhile is left out."""
    for entry in _entries(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from _inside(side, Path(entry.path))
        elif signature := _signature([entry]):
            yield Candidate(side, Path(entry.path), signature)


def misplaced(media: Path) -> Iterator[Candidate]:
    """Files, and folders with footage, that lie in `media/` beside the sides' folders."""
    for entry in _entries(media):
        if entry.name in SIDES or (entry.is_dir() and not any(_inside("", Path(entry.path)))):
            continue
        if signature := _signature([entry]):
            yield Candidate("", Path(entry.path), signature)


def _inside(side: str, folder: Path) -> Iterator[Candidate]:
    pictures = []
    for entry in _entries(folder):
        suffix = Path(entry.name).suffix.lower()
        if suffix in IMAGE_SUFFIXES:
            pictures.append(entry)
        elif suffix in VIDEO_SUFFIXES and (signature := _signature([entry])):
            yield Candidate(side, Path(entry.path), signature)
    if pictures and (signature := _signature(pictures)):
        yield Candidate(side, folder, signature)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return sorted((e for e in found if not is_ignored(e.name)), key=lambda e: e.name)
    except OSError:
        return []


def _signature(entries: list[os.DirEntry[str]]) -> Signature | None:
    stats = []
    for entry in entries:
        try:
            stats.append(entry.stat(follow_symlinks=False))
        except OSError:
            continue
    if not stats:
        return None
    return Signature(len(stats), sum(s.st_size for s in stats), max(s.st_mtime_ns for s in stats))


def refusal(path: Path, folder: Path) -> str | None:
    """Why something in a media folder is not footage, told from its name and kind; None if it
    may be. Nothing is opened that could block, such as a pipe."""
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode) and not path.resolve(strict=True).is_relative_to(folder.resolve()):
            return "it is a link that leads out of the folder"
        kind = path.stat().st_mode
        if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
            return "it is a pipe, a socket or a device, not a file"
        if stat.S_ISREG(kind) and path.suffix.lower() not in VIDEO_SUFFIXES | IMAGE_SUFFIXES:
            return "it is no video or picture by its name"
        if not os.access(path, os.R_OK):
            return "it can't be read: its permissions don't allow it"
    except (OSError, RuntimeError) as error:
        return f"it can't be read: {getattr(error, 'strerror', None) or error}"
    return None
