"""Overviews for rooms: asked by the tail's thread, told only when they changed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from engine.disk import Count
from engine.project import Project
from engine.protocol import safe_text
from engine.workspace import projects_of
from fstui.i18n import tr

from .overview import Overview, ProjectLook, file_stamp
from .told import Told
from .words import size

EVERY_S = 1.0


class ProjectGlance(NamedTuple):
    """News of the open project."""

    overview: Overview
    project: Project | None
    """As its file was read for it; None while it is damaged."""


class WorkspaceGlance(NamedTuple):
    """News of all projects."""

    overviews: list[Overview]


class DisksGlance(NamedTuple):
    """What some projects of a workspace hold on the disk, bytes."""

    held: dict[Path, int]


class FilesChanged(NamedTuple):
    """Files that a room shows were written."""


class DiskGlance(NamedTuple):
    """How much is free where the project is."""

    problem: str
    """Empty while there is enough."""


LEAST_FREE = 2 * 1024**3
"""Bytes below which a checkpoint or a video may not fit."""


def of_disk(path: Path) -> Told[DiskGlance]:
    """A question for `Tail.also`: told when the disk runs low and when it is well again."""

    def look() -> DiskGlance:
        free = shutil.disk_usage(path).free
        # Tenths of a GB: the words change seldom, so the banner does.
        low = tr("Only {size} are free for {path}: saving may fail.").format(
            size=size(free), path=safe_text(str(path))
        )
        return DiskGlance(low if free < LEAST_FREE else "")

    return Told(look, 0.0)


def of_files(*paths: Path) -> Callable[[], FilesChanged | None]:
    """A question for `Tail.also`: told when one of some files was written; a stat each a look."""
    seen: list[tuple[int, int]] | None = None

    def ask() -> FilesChanged | None:
        nonlocal seen
        now = [file_stamp(path) for path in paths]
        before, seen = seen, now
        return FilesChanged() if before is not None and now != before else None

    return ask


def of_project(path: Path, every_s: float = EVERY_S) -> Told[ProjectGlance]:
    """A question for `Tail.also`: one project."""
    looks = ProjectLook(path)
    return Told(lambda: ProjectGlance(looks.look(), looks.project), every_s)


def of_workspace(workspace: Path, every_s: float = EVERY_S) -> Told[WorkspaceGlance]:
    """A question for `Tail.also`: every project of a workspace."""
    looks: dict[Path, ProjectLook] = {}

    def look() -> WorkspaceGlance:
        nonlocal looks
        looks = {path: looks.get(path) or ProjectLook(path) for path in projects_of(workspace)}
        return WorkspaceGlance([one.look() for one in looks.values()])

    return Told(look, every_s)


COUNT_EVERY_S = 300.0
"""What a project holds is counted again after so long: many faces take a moment."""
COUNT_S = 0.05
"""How long one look counts."""


class Counts:
    """What folders hold, counted one after the other and a moment a look: other news waits no
    longer than that, and so does leaving."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._counted: dict[Path, float] = {}
        """When each was counted."""
        self._at: tuple[Path, Count] | None = None
        """What is being counted."""

    def look(self, folders: Iterable[Path]) -> tuple[Path, int] | None:
        """Count on; a folder whose count is whole now, and its bytes."""
        if self._at is None:
            now = time.monotonic()
            due = (p for p in folders if now - self._counted.get(p, -1e9) > self._every_s)
            if (folder := next(due, None)) is None:
                return None
            self._at = folder, Count(folder)
        folder, count = self._at
        if not count.go_on(COUNT_S):
            return None
        self._at, self._counted[folder] = None, time.monotonic()
        return folder, count.bytes


def of_disks(workspace: Path) -> Callable[[], DisksGlance | None]:
    """A question for `Tail.also`: what each project holds."""
    counts = Counts(COUNT_EVERY_S)

    def ask() -> DisksGlance | None:
        counted = counts.look(projects_of(workspace))
        return DisksGlance(dict([counted])) if counted else None

    return ask
