"""What a recipe comes to for what arrived, and what it still waits for. Light."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.convert.roles import roles_of
from engine.devices import device_lock, gpus
from engine.errors import FstuiError
from engine.process import is_locked
from engine.project import SIDES, Project, projects_of
from engine.protocol import JobFolder, Step, jobs_of
from engine.queue import entry as entries
from engine.reached import checkpoint_iteration, is_extracted
from engine.settings import ConvertSettings, as_list, read
from engine.trust.consent import problems_of
from engine.watch.recipes import Recipe, hours_of, within

GB = 1_000_000_000
COMPUTING = ("faces", "model", "out")
"""Locks of a project that a job holds while it computes."""


def steps_of(
    project: Project, recipe: Recipe, files: Mapping[str, str], *, arrived: bool = False
) -> list[Step]:
    """The steps of a run for files, by path, each with the side that it was taken in to.

    Extracted are the sides that something arrived on, where the recipe says so, and before a
    training or a conversion what these need and nobody has extracted. A conversion is of the
    clips that arrived, or of the whole target where none of them is for the target. `arrived`:
    nobody has listed the files yet.
    """
    new = set(files.values()) if arrived else set()
    wanted = set(files.values()) if "extract" in recipe.steps else set()
    wanted |= {"a", "b"} if "train" in recipe.steps else set()
    wanted |= {"target"} if "convert" in recipe.steps else set()
    steps = [
        Step("extract", side, recipe.settings.get("extract", {}))
        for side in SIDES
        if side in wanted
        and (side in new or (project.sources(side) and not is_extracted(project, side)))
    ]
    if "train" in recipe.steps:
        steps.append(Step("train", None, _train_settings(project, recipe)))
    if "convert" in recipe.steps:
        steps.append(Step("convert", None, _convert_settings(recipe, files)))
    return steps


def _train_settings(project: Project, recipe: Recipe) -> dict[str, Any]:
    values = dict(recipe.settings.get("train", {}))
    if recipe.more_iterations:
        # A number to reach, not one to add: going on after a kill does not add it twice.
        values["iterations"] = (checkpoint_iteration(project.path) or 0) + recipe.more_iterations
    return values


def _convert_settings(recipe: Recipe, files: Mapping[str, str]) -> dict[str, Any]:
    values = dict(recipe.settings.get("convert", {}))
    clips = [Path(path).name for path, side in files.items() if side == "target"]
    if clips:
        values.setdefault("clips", as_list(clips))
    return values


def words(steps: Sequence[Step]) -> str:
    """`extract b, train (iterations 5000), convert`."""
    said = []
    for step in steps:
        settings = ", ".join(f"{name} {value}" for name, value in step.settings.items())
        name = f"{step.stage} {step.side or ''}".strip()
        said.append(f"{name} ({settings})" if settings else name)
    return ", ".join(said) or "nothing left to do"


def holds(
    project: Project, recipe: Recipe, moment: datetime, new: Set[str] = frozenset()
) -> list[str]:
    """What a run still waits for, in words; `moment` is the machine's own time of day. On the `new`
    sides there is footage that nobody has listed yet."""
    held = [*_lacks(project, recipe, new), *conditions(project, recipe, moment)]
    if recipe.device_free and not device_is_free(project):
        held.append("the device is taken")
    running = sum(_counts(j) for j in jobs_of(project.path) if "-watch-" not in j.name)
    if running >= recipe.at_most:
        are = "job runs or waits" if running == 1 else "jobs run or wait"
        held.append(f"{running} {are} and {recipe.at_most} may")
    return held


def _lacks(project: Project, recipe: Recipe, new: Set[str]) -> list[str]:
    """What the steps would stop at, told before hours are spent on those before them."""
    bare = [side for side in SIDES if not project.sources(side) and side not in new]
    lacks = []
    if "train" in recipe.steps:
        lacks += [f"side {side} has no footage" for side in bare if side != "target"]
    if "convert" in recipe.steps:
        if "target" in bare:
            lacks.append("there is no target footage")
        lacks += _models_lack(project, recipe)
    return lacks


def _models_lack(project: Project, recipe: Recipe) -> list[str]:
    """What the models of a conversion lack, those of other projects too where it names them."""
    values = {**project.settings("convert"), **recipe.settings.get("convert", {})}
    try:
        roles = roles_of(project, read(ConvertSettings, values))
    except FstuiError as error:
        return [str(error).rstrip(".")]
    lacks = []
    for path, one in {role.project.path: role.project for role in roles}.items():
        own = path == project.path
        whose = "" if own else f" of {one.name}"
        if not (own and "train" in recipe.steps) and checkpoint_iteration(path) is None:
            lacks.append(f"there is no trained model{whose}")
        found = problems_of(one)
        lacks += [f"who side {side}{whose} shows {problem}" for side, problem in found.items()]
    return lacks


def conditions(project: Project, recipe: Recipe, moment: datetime) -> list[str]:
    """What of the recipe's hours and room on the disk isn't so; they hold for a job of it too that
    waits in the queue."""
    held = []
    if not within(hours_of(recipe.hours), moment):
        held.append(f"it begins within {recipe.hours} and it is {moment:%H:%M}")
    free_gb = shutil.disk_usage(project.path).free / GB
    if free_gb < recipe.disk_free_gb:
        held.append(f"{recipe.disk_free_gb:g} GB are to be free and {free_gb:.1f} are")
    return held


def _counts(folder: JobFolder) -> bool:
    """Whether a job runs, or one of a recipe waits in the queue and nobody holds it."""
    if folder.alive():
        return True
    if not (folder.was_queued and folder.never_began):
        return False
    try:
        entry = entries.read(folder)
    except FstuiError:
        return False
    return entry is not None and bool(entry.run) and not (entry.cancelled or entry.held)


def device_is_free(project: Project) -> bool:
    """Whether a GPU is free; without any, whether no project of the workspace computes."""
    devices = gpus()
    if devices:
        return any(not is_locked(device_lock(gpu).path) for gpu in devices)
    folders = {*projects_of(project.path.parent), project.path}
    return not any(is_locked(f / "locks" / name) for f in folders for name in COMPUTING)
