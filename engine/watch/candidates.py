"""What lies in a watched folder and may be footage: files, and folders of pictures. Light."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from engine.footage import IMAGE_SUFFIXES, VIDEO_SUFFIXES, media_in
from engine.project import INBOX, SIDES, Project
from engine.protocol import safe_text

UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".filepart", ".tmp", "~")
"""Ends of names under which programs write what is not whole yet. rsync's begin with a dot."""
OF_DRIVES = frozenset({"@eaDir", "#recycle", "@Recycle", "$RECYCLE.BIN"})
"""Folders that network drives keep for themselves: small pictures of the footage, and rubbish."""
BESIDE = ""
"""The place of what lies in `media/` beside its folders."""


class Signature(NamedTuple):
    """What changes while something is still being written, or when it may be read at last."""

    files: int
    bytes: int
    newest_ns: int
    """Newest modification time, ns."""
    modes: int = 0
    """Permissions, of several files those that any of them has."""


class Place(NamedTuple):
    """A folder that is watched."""

    name: str
    """a, b, target or inbox: what arrives there is for that."""
    path: Path


class Candidate(NamedTuple):
    """A file, or a folder of pictures, in a watched folder."""

    place: str
    """The name of its place; `BESIDE` for what lies in none."""
    path: Path
    signature: Signature


def places_of(project: Project) -> list[Place]:
    """The folders that a project has watched: those of `media/`, then the ones outside."""
    inside = [Place(name, project.path / "media" / name) for name in (*SIDES, INBOX)]
    return inside + outside(project)


def outside(project: Project) -> list[Place]:
    """The folders outside that project.toml names."""
    return [
        Place(folder.side, project.path / os.path.expanduser(folder.path))
        for folder in project.file.watch.folder
    ]


def is_ignored(name: str) -> bool:
    """Whether a name belongs to something hidden or unfinished."""
    return name.startswith(".") or name.lower().endswith(UNFINISHED)


def candidates(place: str, folder: Path) -> Iterator[Candidate]:
    """What lies in a watched folder; a folder in it, however deep, counts as one where it holds
    pictures, and the videos in it each for themselves. What vanishes meanwhile is left out. Raises
    `OSError` when the folder itself can't be looked at."""
    for entry in _entries(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from _inside(place, Path(entry.path))
        elif signature := _signature([entry]):
            yield Candidate(place, Path(entry.path), signature)


def misplaced(media: Path) -> Iterator[Candidate]:
    """Files, and folders with footage, that lie in `media/` beside its folders."""
    for entry in _entries(media):
        folder = Path(entry.path)
        if entry.name in (*SIDES, INBOX) or (entry.is_dir() and not any(_inside("", folder))):
            continue
        if signature := _signature([entry]):
            yield Candidate(BESIDE, folder, signature)


def _inside(place: str, top: Path) -> Iterator[Candidate]:
    """Footage in a folder and in those in it; other files there are no matter."""
    folders = [top]
    while folders:
        folder = folders.pop()
        try:
            entries = _entries(folder)
        except OSError:
            continue
        yield from _of_folder(place, folder, entries)
        deeper = [e for e in entries if e.is_dir(follow_symlinks=False)]
        folders += (Path(e.path) for e in reversed(deeper))


def _of_folder(place: str, folder: Path, entries: list[os.DirEntry[str]]) -> Iterator[Candidate]:
    pictures = []
    for entry in entries:
        suffix = Path(entry.name).suffix.lower()
        if suffix in IMAGE_SUFFIXES:
            pictures.append(entry)
        elif suffix in VIDEO_SUFFIXES and (signature := _signature([entry])):
            yield Candidate(place, Path(entry.path), signature)
    if pictures and (signature := _signature(pictures)):
        yield Candidate(place, folder, signature)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        wanted = (e for e in found if not is_ignored(e.name) and e.name not in OF_DRIVES)
        return sorted(wanted, key=lambda e: e.name)


def _signature(entries: list[os.DirEntry[str]]) -> Signature | None:
    stats = []
    for entry in entries:
        try:
            stats.append(entry.stat(follow_symlinks=False))
        except OSError:
            continue
    if not stats:
        return None
    modes = 0
    for found in stats:
        modes |= stat.S_IMODE(found.st_mode)
    size, newest = sum(s.st_size for s in stats), max(s.st_mtime_ns for s in stats)
    return Signature(len(stats), size, newest, modes)


def refusal(path: Path, folder: Path) -> str | None:
    """Why something in a watched folder is not footage, told from its name and kind; None if it
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
        if stat.S_ISDIR(kind) and (link := _link_out(path, folder)):
            return f"it holds a link that leads out of the folder: {safe_text(link)}"
    except (OSError, RuntimeError) as error:
        return f"it can't be read: {getattr(error, 'strerror', None) or error}"
    return None


def _link_out(pictures: Path, folder: Path) -> str:
    """The name of a link among a folder's media that leads out of the watched folder, or nothing:
    whoever can deliver footage shall not have any file of this machine read."""
    real = folder.resolve()
    links = (item for item in media_in(pictures) if item.is_symlink())
    return next((item.name for item in links if not item.resolve().is_relative_to(real)), "")
