"""Looking after a trained model: what there is of it, whether it is whole, going back to a set."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from engine.errors import BadInput, Damaged, FstuiError, ModelMissing
from engine.locks import take_locks
from engine.project import Project
from engine.protocol import Job, Step, safe_text
from engine.train import checkpoint, sets
from engine.train.checkpoint import Recipe, part_of
from engine.workspace import projects_of


def info(project: Project) -> dict[str, Any]:
    """The recipe, counts and every set, as plain values; nothing is hashed. Raises
    `ModelMissing`."""
    model, newest = project.path / "model", _newest(project)
    recipe = _recipe(newest)
    return {
        "recipe": msgspec.to_builtins(msgspec.structs.replace(recipe, shapes={})),
        "parts": _counts(recipe),
        "checkpoints": [_row(path, model) for path in sets.checkpoints(model)],
        "snapshots": [_row(path, model) for path in sets.snapshots(model)],
    }


def trained(workspace: Path) -> list[dict[str, Any]]:
    """`info` of every project of a workspace that has a model, the newest first; `problem` says of
    which nothing can be told, and why."""
    found: list[dict[str, Any]] = []
    for folder in projects_of(workspace):
        if not sets.all_sets(folder / "model"):
            continue
        model, problem = None, ""
        try:
            model = info(Project.open(folder))
        except FstuiError as error:
            problem = str(error)
        found.append({"project": str(folder), "problem": problem, "model": model})
    return found


def check(project: Project) -> list[dict[str, Any]]:
    """Every set against its sums, and its numbers for such that are none; `problem` is empty for
    a good one. Raises `ModelMissing`."""
    _newest(project)
    rows = []
    for path in sets.all_sets(project.path / "model"):
        try:
            found = checkpoint.verify(path)
            problem = no_numbers({**found.weights(), **found.slots()})
        except Damaged as error:
            problem = str(error)
        rows.append({"set": path.name, "kept_as": path.parent.name, "problem": problem})
    return rows


def no_numbers(arrays: checkpoint.Arrays) -> str:
    """A sentence on arrays that hold something else than numbers; empty where none does."""
    bad = {name: int(a.size - np.isfinite(a).sum()) for name, a in arrays.items()}
    bad = {name: count for name, count in bad.items() if count}
    if not bad:
        return ""
    worst = max(bad, key=lambda name: bad[name])
    return (
        f"{len(bad)} of {len(arrays)} arrays hold what is no number, "
        f"{worst} most ({bad[worst]} of {arrays[worst].size})."
    )


def restore(project: Project, wanted: str) -> dict[str, Any]:
    """Make an older set the newest: the one before, or `wanted`: `best`, an iteration or a name.
    Newer ones go to the trash.

    Raises `BadInput` for what isn't there, `Damaged` for a set that isn't whole, `AlreadyRunning`.
    """
    locks = take_locks(project.path, Job(1, "train", [Step("train")]), "model restore")
    try:
        return _restored(project, _meant(project, wanted))
    finally:
        for lock in locks:
            lock.release()


def _restored(project: Project, path: Path) -> dict[str, Any]:
    model = project.path / "model"
    found = checkpoint.verify(path)
    if path.parent.name == "snapshots":
        path = sets.bring_back(model, path)
    sets.point(model, sets.LATEST, path)
    newer = [p for p in sets.checkpoints(model) if p.name > path.name]
    aside = [sets.set_aside(p, project.path / "trash").name for p in newer]
    return {"set": path.name, "iteration": found.state.iteration, "aside": aside}


def _meant(project: Project, wanted: str) -> Path:
    """The set that a word means."""
    model = project.path / "model"
    newest, there = _newest(project), sets.all_sets(model)
    if wanted == "best":
        best = sets.best(model)
        if best is None:
            raise BadInput(f"{project.name} has no best set: no save was measured yet.")
        return best
    if not wanted:
        older = [path for path in there if path.name < newest.name]
        if not older:
            raise BadInput(f"There is no older set of {project.name} to go back to.")
        return max(older, key=lambda path: path.name)
    for path in there:
        if wanted in (path.name, str(sets.iteration_of(path))):
            return path
    known = ", ".join(dict.fromkeys(path.name for path in there))
    raise BadInput(f"{project.name} has no set '{safe_text(wanted)}': there are best, {known}.")


def _newest(project: Project) -> Path:
    there = sets.all_sets(project.path / "model")
    if not there:
        raise ModelMissing(
            f"{project.name} has no trained model yet: 'train {project.typed}' makes one."
        )
    return there[0]


def _recipe(path: Path) -> Recipe:
    try:
        return msgspec.json.decode((path / "recipe.json").read_bytes(), type=Recipe)
    except (OSError, msgspec.MsgspecError) as error:
        raise Damaged(f"The recipe of {path.name} can't be read: {error}.") from error


def _counts(recipe: Recipe) -> dict[str, int]:
    """How many numbers each sub-model has."""
    counts: dict[str, int] = {}
    for name, shape in recipe.shapes.items():
        counts[part_of(name)] = counts.get(part_of(name), 0) + math.prod(shape)
    return counts


def _row(path: Path, model: Path) -> dict[str, Any]:
    """What is said of a set without reading its arrays."""
    state = checkpoint.read_state(path)
    return {
        "set": path.name,
        "iteration": sets.iteration_of(path),
        "saved": state.saved if state else "",
        "loss_a": state.loss_a if state else None,
        "loss_b": state.loss_b if state else None,
        "seconds": state.seconds if state else 0.0,
        "bytes": sum(file.stat().st_size for file in path.iterdir()),
        "best": path == sets.best(model),
    }
