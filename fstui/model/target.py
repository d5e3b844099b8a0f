"""News of the target for the convert room, asked by the tail's thread: clips and outlook."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from engine.convert.shots import FILE as SHOTS
from engine.errors import FstuiError
from engine.project import Project

from .outlook import Outlook, outlook
from .segments import Segments, read_segments
from .told import Told

EVERY_S = 1.0


class Target(NamedTuple):
    """The target of one project."""

    path: Path
    """The project's."""
    clips: list[Segments]
    outlook: Outlook
    problem: str = ""
    """Why the clips can't be told."""


def of_target(path: Path, every_s: float = EVERY_S) -> Told[Target]:
    """A question for `Tail.also`; clips are read when one of their files changed."""
    last: Target | None = None
    seen: tuple[object, ...] = ()

    def look() -> Target:
        nonlocal last, seen
        stamp = _stamp(path)
        last = _read(path, last if stamp == seen else None)
        seen = stamp
        return last

    return Told(look, every_s)


def _read(path: Path, before: Target | None) -> Target:
    """`before`: its clips are still what they were."""
    try:
        project = Project.open(path)
        clips = before.clips if before else read_segments(project)
        return Target(path, clips, outlook(project, {}), before.problem if before else "")
    except FstuiError as error:
        return Target(path, [], Outlook(), str(error))


def _stamp(path: Path) -> tuple[object, ...]:
    """Changes when a file does that clips are read from; reading makes an empty log beside the
    store, which doesn't count."""
    out = path / "out"
    files = [path / "project.toml", path / SHOTS, path / "faces.db", path / "faces.db-wal"]
    files += [*sorted(out.glob("*.json")), *sorted(out.glob(".work/*/journal.json"))]
    found: list[object] = []
    for file in files:
        try:
            stat = os.stat(file)
        except OSError:
            continue
        if stat.st_size:
            found.append((file, stat.st_mtime_ns, stat.st_size))
    return tuple(found)
