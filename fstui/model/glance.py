"""Overviews for rooms: asked by the tail's thread, told only when they changed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from engine.disk import disk_use
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


def of_disks(workspace: Path) -> Callable[[], DisksGlance | None]:
    """A question for `Tail.also`: what each project holds, one project a look."""
    counted: dict[Path, float] = {}

    def ask() -> DisksGlance | None:
        now = time.monotonic()
        due = [p for p in projects_of(workspace) if now - counted.get(p, -1e9) > COUNT_EVERY_S]
        if not due:
            return None
        counted[due[0]] = now
        return DisksGlance({due[0]: disk_use(due[0])})

    return ask
