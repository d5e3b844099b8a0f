"""Overviews for rooms: asked by the tail's thread, told only when they changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from .overview import Overview, overview, overviews

EVERY_S = 1.0


class ProjectGlance(NamedTuple):
    """News of the open project."""

    overview: Overview


class WorkspaceGlance(NamedTuple):
    """News of all projects."""

    overviews: list[Overview]


def of_project(path: Path, every_s: float = EVERY_S) -> Callable[[], ProjectGlance | None]:
    """A question for `Tail.also`: one project, at most once in `every_s`."""
    last: Overview | None = None
    due = 0.0

    def ask() -> ProjectGlance | None:
        nonlocal last, due
        if time.monotonic() < due:
            return None
        due = time.monotonic() + every_s
        now = overview(path, last)
        if now == last:
            return None
        last = now
        return ProjectGlance(now)

    return ask


def of_workspace(workspace: Path, every_s: float = EVERY_S) -> Callable[[], WorkspaceGlance | None]:
    """A question for `Tail.also`: every project of a workspace."""
    last: dict[Path, Overview] | None = None
    due = 0.0

    def ask() -> WorkspaceGlance | None:
        nonlocal last, due
        if time.monotonic() < due:
            return None
        started = time.monotonic()
        found = overviews(workspace, last)
        # Many projects on a slow disk: look less often, so that looking stays a twentieth.
        due = time.monotonic() + max(every_s, 20 * (time.monotonic() - started))
        now = {one.path: one for one in found}
        if now == last and list(now) == list(last):
            return None
        last = now
        return WorkspaceGlance(found)

    return ask
