"""How far a project is, told from its files alone. Light."""

from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec

from engine.errors import BadInput
from engine.project import Project
from engine.store import Store

FEWEST_FACES = 25
"""Faces of a side without which a decoder learns pictures by heart."""


def face_count(project: Project, side: str) -> int:
    """Faces of a side that are in use."""
    try:
        with Store(project.db_path, readonly=True) as store:
            counts = store.counts(side)
    except BadInput:
        return 0  # no store yet
    return counts["faces"] - counts["rejected"]


def too_few(project: Project, side: str, faces: int) -> str:
    """The sentence for a side that can't be trained yet."""
    return (
        f"Side {side.upper()} of {project.name} has {faces} faces and training needs at least "
        f"{FEWEST_FACES}: add more footage of that person and extract it."
    )


def is_extracted(project: Project, side: str) -> bool:
    """Whether every source of a side was looked at to its end."""
    try:
        with Store(project.db_path, readonly=True) as store:
            done = {m.hash for m in store.media(side) if m.done}
    except BadInput:
        return False
    return all(s.hash in done for s in project.sources(side))


def checkpoint_iteration(project: Path) -> int | None:
    """Iteration of the newest checkpoint by the pointer's text alone; None when there is none."""
    try:
        name = (project / "model" / "latest").read_text("utf-8")
        return int(name.partition("-")[0])
    except (OSError, ValueError):
        return None


class Built(msgspec.Struct, frozen=True):
    """What a trained model is, of its recipe."""

    class Style(msgspec.Struct, frozen=True):
        """How it was built."""

        learn_mask: bool = False

    model: str
    """The network."""
    style: Style = Style()


def built(project: Path) -> Built | None:
    """What the newest checkpoint is; None when there is none that can be read."""
    model = project / "model"
    try:
        name = (model / "latest").read_text("utf-8").strip()
        recipe = model / "checkpoints" / os.path.basename(name) / "recipe.json"
        return msgspec.json.decode(recipe.read_bytes(), type=Built)
    except (OSError, ValueError):
        return None


def converted_iteration(project: Path) -> int | None:
    """Iteration of the project's own model that the last finished conversion used; None where no
    report says or where other projects' models made it.

    Times of files don't tell: copying a project changes them.
    """
    try:
        report = json.loads((project / "out" / "report.json").read_text("utf-8"))
        if parts := report.get("parts"):
            own = (int(part["iterations"]) for part in parts if part["project"] == project.name)
            return next(own, None)
        return int(report["iterations"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
