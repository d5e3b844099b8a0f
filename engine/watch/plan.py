"""What a recipe comes to for what arrived, and what it still waits for. Light."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.convert.roles import roles_of
from engine.errors import FstuiError
from engine.project import SIDES, Project
from engine.protocol import JobFolder, Step, jobs_of
from engine.queue.conditions import too_early
from engine.reached import checkpoint_iteration, is_extracted
from engine.settings import ConvertSettings, as_list, read
from engine.trust.consent import problems_of
from engine.watch.recipes import Recipe


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
    project: Project,
    recipe: Recipe,
    moment: datetime,
    new: Set[str] = frozenset(),
    trainings: Sequence[str] = (),
) -> list[str]:
    """What a run waits for before its job is put in the queue, in words; the queue alone judges the
    recipe's other conditions (`engine.queue.turn`). `moment` is the machine's own time of day. On
    the `new` sides there is footage that nobody has listed yet; `trainings` are jobs of other runs
    that train or will."""
    early = too_early(recipe.conditions, moment)
    return [*lacks(project, recipe, new, trainings), *filter(None, [early])]


def lacks(
    project: Project,
    recipe: Recipe,
    new: Set[str] = frozenset(),
    trainings: Sequence[str] = (),
) -> list[str]:
    """What the steps would stop at, told before hours are spent on those before them, and the
    training from whose end a recipe counts that trains on by so many."""
    bare = [side for side in SIDES if not project.sources(side) and side not in new]
    found = []
    if "train" in recipe.steps:
        found += [f"side {side} has no footage" for side in bare if side != "target"]
    if "convert" in recipe.steps:
        if "target" in bare:
            found.append("there is no target footage")
        found += _models_lack(project, recipe, bool(trainings) or "train" in recipe.steps)
    if recipe.more_iterations and (before := [*trainings, *_training(project)]):
        found.append(f"it trains on from where {before[0]} ends")
    return found


def _models_lack(project: Project, recipe: Recipe, trained_first: bool) -> list[str]:
    """What the models of a conversion lack, those of other projects too where it names them."""
    values = {**project.settings("convert"), **recipe.settings.get("convert", {})}
    try:
        roles = roles_of(project, read(ConvertSettings, values))
    except FstuiError as error:
        return [str(error).rstrip(".")]
    found = []
    for path, one in {role.project.path: role.project for role in roles}.items():
        own = path == project.path
        whose = "" if own else f" of {one.name}"
        if not (own and trained_first) and checkpoint_iteration(path) is None:
            found.append(f"there is no trained model{whose}")
        problems = problems_of(one)
        found += [f"who side {side}{whose} shows {problem}" for side, problem in problems.items()]
    return found


def _training(project: Project) -> list[str]:
    """Jobs that train the project now."""
    return [j.name for j in jobs_of(project.path) if j.alive() and _trains(j)]


def _trains(folder: JobFolder) -> bool:
    try:
        return any(step.stage == "train" for step in folder.job().steps)
    except FstuiError:
        return False
