"""A workspace: the folder that projects lie in, and the names that they may have. Light."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from engine.errors import BadInput
from engine.protocol import safe_text

RESERVED: tuple[Literal["archive", "trash"], ...] = ("archive", "trash")
"""Folders of a workspace that hold projects which were put away."""


def check_name(name: str) -> str:
    """A project's name as a safe folder name. Raises `BadInput` saying what is wrong with it."""
    shown = safe_text(name)
    if not name or name != name.strip() or len(name.encode()) > 100:
        raise BadInput("A project's name needs 1 to 100 bytes and no blanks at its ends.")
    if not name.isprintable() or shown != name:
        raise BadInput(f"The project name '{shown}' has control characters: use printable ones.")
    if name in (".", "..") or name[0] in ".-" or any(c in name for c in '/\\:*?"<>|'):
        raise BadInput(
            f"The project name '{shown}' can't be a folder's name: leave out / \\ : * ? \" < > | "
            "and a leading dot or dash."
        )
    if name in RESERVED:
        raise BadInput(f"'{name}' is the workspace's own folder: choose another name.")
    return name


def taken_words(workspace: Path, name: str) -> str:
    """The sentence for a name that a project, or something else, has already."""
    where = safe_text(str(workspace))
    if not workspace.is_dir():
        return f"The workspace {where} is no folder: name another with --workspace."
    if is_project(workspace / name):
        return f"There is a project '{name}' in {where} already."
    return (
        f"'{name}' in {where} is there already and is no project (it has no project.toml): choose "
        "another name, or move it away."
    )


def is_project(path: Path) -> bool:
    """Whether there is a project at a path. What may not be looked into is none: that is no error,
    as `Path.is_file` would have it."""
    return os.path.isfile(path / "project.toml")


def projects_of(workspace: Path) -> list[Path]:
    """Project folders of a workspace, newest change first. Hidden ones are being made."""
    try:
        found = [p for p in workspace.iterdir() if p.name[0] != "." and is_project(p)]
    except OSError:
        return []
    return sorted(found, key=last_activity, reverse=True)


def last_activity(project: Path) -> float:
    """UNIX time of the newest change that shows in the project's folder."""
    times = [0.0]
    for name in ("project.toml", "faces.db", "jobs", "model", "out"):
        try:
            times.append((project / name).stat().st_mtime)
        except OSError:
            continue
    return max(times)
