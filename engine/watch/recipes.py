"""Recipes: what a project does when footage arrives, `[[recipe]]` in project.toml. Light."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

from engine.errors import BadInput, FstuiError
from engine.project import INBOX, SIDES, Project
from engine.protocol import safe_text
from engine.queue.conditions import Conditions, hours_of
from engine.settings import STAGE_SETTINGS, fields, read

STAGES = ("extract", "train", "convert")
"""The steps of a recipe, in the order in which they are done."""
PLACES = (*SIDES, INBOX)
ALWAYS = "watch.extract"
"""The recipe that `extract = true` under `[watch]` stands for."""
GONE = "project.toml has no such recipe any more"
LIMITS = ("iterations", "seconds", "plateau")
"""Settings of train that end a training."""


class Recipe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When footage arrives: these steps, with these settings, under these conditions."""

    name: str
    when: str | list[str]
    """a, b, target, inbox, or several: where it arrives."""
    steps: list[str]
    """Of extract, train, convert."""
    more_iterations: int = 0
    """Train on by so many from where the model is; 0: until a setting of train ends it."""
    settings: dict[str, dict[str, Any]] = {}
    """By step, over the project's own."""
    hours: str = ""
    """Hours of the machine's day in which it may begin, as in 22:00-06:00; several with commas."""
    device_free: bool = False
    """Begin only while no other job computes here."""
    disk_free_gb: float = 0.0
    """Begin only with so much room on the project's disk, GB."""
    at_most: int = 1
    """Begin only while fewer jobs of the project run."""

    @property
    def conditions(self) -> Conditions:
        """When its jobs may begin."""
        return Conditions(self.hours, self.device_free, self.disk_free_gb, self.at_most)

    @property
    def places(self) -> tuple[str, ...]:
        """`when` as a tuple."""
        return (self.when,) if isinstance(self.when, str) else tuple(self.when)


class Wrong(NamedTuple):
    """A recipe that can't be used as it is written: half edited, most likely."""

    name: str
    """"" where that can't be read."""
    places: tuple[str, ...]
    """Where what it may be for arrives: every place where `when` can't be read."""
    problem: str
    """A sentence with the file and the key."""


class Recipes(NamedTuple):
    """What a project's file has."""

    good: list[Recipe]
    wrong: list[Wrong]

    @property
    def problems(self) -> list[str]:
        """What is wrong with those that can't be used, a sentence each."""
        return [wrong.problem for wrong in self.wrong]

    def problem_of(self, name: str) -> str:
        """What is wrong with the recipe of a name; "" where nothing is, or there is none."""
        return next((wrong.problem for wrong in self.wrong if wrong.name == name), "")

    def places(self) -> dict[str, set[str]]:
        """By name where what a recipe is for arrives, or may be for once it is mended."""
        good = {recipe.name: set(recipe.places) for recipe in self.good}
        return {w.name: set(w.places) for w in self.wrong if w.name} | good


def recipes_of(project: Project) -> Recipes:
    """The recipes of a project, the one that `[watch] extract` stands for among them."""
    good: list[Recipe] = []
    wrong: list[Wrong] = []
    if project.file.watch.extract:
        good.append(Recipe(ALWAYS, list(SIDES), ["extract"]))
    for number, table in enumerate(project.file.recipe, 1):
        try:
            good.append(_checked(project, table, {r.name for r in good}))
        except BadInput as error:
            wrong.append(_wrong(project, table, number, str(error)))
    return Recipes(good, wrong)


def _wrong(project: Project, table: dict[str, Any], number: int, why: str) -> Wrong:
    name, when = table.get("name"), table.get("when")
    words: list[Any] = when if isinstance(when, list) else [when]
    can_be_read = bool(words) and all(word in PLACES for word in words)
    shown = safe_text(str(name or f"number {number}"))
    return Wrong(
        shown if shown == name else "",
        tuple(words) if can_be_read else PLACES,
        f"{project.path / 'project.toml'}, recipe {shown}: {why}",
    )


def find(recipes: Recipes, name: str) -> Recipe | None:
    """A recipe by its name."""
    return next((r for r in recipes.good if r.name == name), None)


def _checked(project: Project, table: dict[str, Any], taken: set[str]) -> Recipe:
    """One recipe. Raises `BadInput` naming the key."""
    try:
        recipe = msgspec.convert(table, Recipe)
    except msgspec.ValidationError as error:
        raise BadInput(f"{_plain(str(error))}.") from error
    if not recipe.name.strip() or safe_text(recipe.name) != recipe.name or recipe.name in taken:
        raise BadInput("name: it needs a name of printable characters that no other has.")
    _check_words("when", recipe.places, PLACES)
    _check_words("steps", recipe.steps, STAGES)
    if sorted(recipe.steps, key=STAGES.index) != recipe.steps:
        raise BadInput(f"steps: they are done in this order: {', '.join(STAGES)}.")
    hours_of(recipe.hours)
    for key, value, least in (
        ("more_iterations", recipe.more_iterations, 0),
        ("disk_free_gb", recipe.disk_free_gb, 0),
        ("at_most", recipe.at_most, 1),
    ):
        if not value >= least:
            raise BadInput(f"{key}: it is {least} or more, not {value}.")
    for stage, values in recipe.settings.items():
        _check_settings(project, recipe, stage, values)
    if "train" in recipe.steps:
        _check_end(project, recipe)
    return recipe


def _check_words(key: str, words: Any, known: tuple[str, ...]) -> None:
    wrong = [word for word in words if word not in known]
    if wrong or not words or len(set(words)) < len(words):
        said = f" not {safe_text(', '.join(wrong))}" if wrong else " each at most once"
        raise BadInput(f"{key}: name one or more of {', '.join(known)},{said}.")


def _check_settings(project: Project, recipe: Recipe, stage: str, values: dict[str, Any]) -> None:
    if stage not in recipe.steps:
        raise BadInput(f"settings.{safe_text(stage)}: {safe_text(stage)} is none of its steps.")
    if stage == "train" and "anew" in values:
        raise BadInput("settings.train.anew: it would throw the model away at each arrival.")
    kind = STAGE_SETTINGS[stage]
    paths = {field.name for field in fields(kind) if field.is_path}
    for key, value in values.items():
        try:
            read(kind, {key: value})
            if key in paths and value:
                project.reference(str(value))
        except FstuiError as error:
            raise BadInput(f"settings.{stage}.{safe_text(key)}: {error}") from error


def _check_end(project: Project, recipe: Recipe) -> None:
    if recipe.more_iterations and "iterations" in recipe.settings.get("train", {}):
        raise BadInput(
            "more_iterations: settings.train.iterations says another end: leave one of them out."
        )
    values = {**project.settings("train"), **recipe.settings.get("train", {})}
    if not recipe.more_iterations and not any(values.get(limit) for limit in LIMITS):
        raise BadInput(
            "steps: a training needs an end: more_iterations, or in settings.train iterations, "
            "seconds or plateau."
        )


def _plain(text: str) -> str:
    """What msgspec says, the place first: "when: Expected `str`"."""
    found = re.fullmatch(r"(.*) - at `\$\.?(.*?)`", text)
    return safe_text(f"{found[2]}: {found[1]}" if found else text)
