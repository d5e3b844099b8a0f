"""Footage that stands still: looked into by the engine's own process, listed as sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from engine.cancel import stop_if_cancelled
from engine.errors import BadInput, EngineCrashed, NotPossible
from engine.footage import content_hash
from engine.launch import ask
from engine.project import Project
from engine.settings import WatchSettings
from engine.watch.inbox import LACKING, Verdict, verdict

ASK_PATIENCE_S = 600.0
"""How long the engine may look into footage before it counts as a drive that doesn't answer."""


class Examined(NamedTuple):
    """Whether a medium can be read."""

    error: str
    """Why it can't be used; "" if it can."""
    problem: str
    """What of its end is missing; "" if nothing is."""


def examine(paths: Sequence[Path]) -> list[Examined]:
    """Whether media can be read to their ends."""

    def of(paths: Sequence[Path]) -> list[Any]:
        return list(ask("examine", *map(str, paths), patience_s=ASK_PATIENCE_S))

    return [Examined(str(f.get("error", "")), str(f.get("problem", ""))) for f in _each(paths, of)]


def sort(project: Project, paths: Sequence[Path], settings: WatchSettings) -> list[Verdict]:
    """Where each of the inbox's media goes. Raises what is the project's trouble, not theirs."""

    def of(paths: Sequence[Path]) -> list[Any]:
        words = [str(project.path), str(settings.inbox_frames), *map(str, paths)]
        return list(ask("recognise", *words, patience_s=ASK_PATIENCE_S))

    return [_judged(found, settings) for found in _each(paths, of)]


def _judged(found: dict[str, Any], settings: WatchSettings) -> Verdict:
    if error := found.get("error"):
        return Verdict("", str(error))
    if lacking := found.get("lacking"):
        sides = " and ".join(lacking)
        have = "has" if len(lacking) == 1 else "have"
        return Verdict("", f"{LACKING}: side {sides} {have} no faces yet")
    frames = [[(float(a), float(b)) for a, b in faces] for faces in found["faces"]]
    return verdict(frames, int(found["looked"]), settings.inbox_threshold, settings.shows_a)


def _each(paths: Sequence[Path], of: Callable[[Sequence[Path]], list[Any]]) -> list[Any]:
    """The answers for all at once; where a file among them ends the engine or gets no answer out of
    it, half by half, so that it keeps no other waiting."""
    try:
        return of(paths)
    except (BadInput, EngineCrashed, NotPossible) as error:
        stop_if_cancelled()  # a shutdown ends the engine's process too: no fault of a file
        if len(paths) == 1:
            return [{"error": str(error)}]
    half = len(paths) // 2
    return _each(paths[:half], of) + _each(paths[half:], of)


class Listed(NamedTuple):
    """How the listing of a medium went."""

    why: str
    """What keeps it from being a source; "" if it is one."""
    was_there: bool
    """Whether it was one before."""
    before: Path | None = None
    """Where it lay then, if that was elsewhere."""


def list_sources(project: Project, side: str, paths: Sequence[Path]) -> list[Listed]:
    """List media as sources of a side.

    Raises `AlreadyRunning`, `Damaged`, `NoSpace` for a project that can't be changed.
    """
    known = sources_of(project, side)
    there = {path for path in paths if is_listed(known, path)}
    whys = _list_new(project, side, [path for path in paths if path not in there])
    now = sources_of(project, side)
    moved = {content: path for path, content in known.items() if path not in now}
    before = {path: moved.get(now.get(path, "")) for path in paths}
    return [
        Listed(whys.get(path, ""), path in there or before[path] is not None, before[path])
        for path in paths
    ]


def _list_new(project: Project, side: str, paths: Sequence[Path]) -> dict[Path, str]:
    """What keeps some of the media from being listed; the others are."""
    try:
        added = {project.source_path(source) for source in project.add_sources(side, list(paths))}
    except BadInput as error:
        if len(paths) == 1:
            return {paths[0]: str(error)}
        half = len(paths) // 2  # one of them is bad: half by half
        first = _list_new(project, side, paths[:half])
        return first | _list_new(project, side, paths[half:])
    twice = "the same footage is listed on this side already"
    return {path: twice for path in paths if path not in added}


def sources_of(project: Project, side: str) -> dict[Path, str]:
    """The sources of a side by their paths, with the hash of their content."""
    return {project.source_path(source): source.hash for source in project.sources(side)}


def is_listed(known: dict[Path, str], path: Path) -> bool:
    """Whether this very file, with this content, is one of a side's sources."""
    try:
        return path in known and content_hash(path) == known[path]
    except OSError:
        return False
