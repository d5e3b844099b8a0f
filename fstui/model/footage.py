"""Footage that a user names: which files are meant, and what the engine sees in each.

The command line and the interface add footage through here, so that both take the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from engine.cancel import stop_if_cancelled
from engine.footage import VIDEO_SUFFIXES, check_media, media_in
from engine.project import Project
from engine.protocol import safe_text

from . import media


class Looked(NamedTuple):
    """A source that can be used."""

    path: Path
    facts: dict[str, Any]
    """As the engine's probe says them."""

    @property
    def warning(self) -> str:
        """What is wrong with it or special, although it can be used; empty when nothing is."""
        problem = self.facts.get("problem") or self.facts.get("note")
        return f"{safe_text(str(self.path))}: {safe_text(str(problem))}" if problem else ""


def add(
    project: Project, side: str, paths: list[Path], *, copy: bool = False
) -> tuple[list[Looked], int]:
    """Open all of it, then list it; what was looked at and how many sources were new.

    Raises `BadInput` with the engine's sentence when one can't be used, `Cancelled` when nobody
    waits any more before the first is copied or listed; nothing is added then.
    """
    found = expand(paths)
    looked = [Looked(*each) for each in zip(found, media.ask_all(found), strict=True)]
    stop_if_cancelled()
    new = project.add_sources(side, [one.path for one in looked], copy=copy)
    return looked, len(new)


def expand(paths: list[Path]) -> list[Path]:
    """Files and folders of pictures; a folder's videos count each for itself."""
    found: list[Path] = []
    for path in paths:
        path = check_media(path)
        inside = media_in(path) if path.is_dir() else []
        videos = [p for p in inside if p.suffix.lower() in VIDEO_SUFFIXES]
        found += videos
        if not inside or len(videos) < len(inside):
            found.append(path)
    return found
