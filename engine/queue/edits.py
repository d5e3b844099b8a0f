"""Edits of project.toml hold for the recipes' jobs that wait, also while no watcher runs. Light."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from engine.errors import FstuiError, NothingToDo
from engine.project import Project
from engine.queue import entry as entries
from engine.queue.queue import Item, Queue
from engine.watch.recipes import GONE, Recipes, find, recipes_of


def follow_edits(queue: Queue, items: Sequence[Item]) -> None:
    """Give what waits the conditions that its recipe has now, and take out what has no recipe any
    more. A project.toml or a recipe that can't be read changes nothing. Under the queue's lock."""
    known: dict[Path, Recipes] = {}
    for item in items:
        project = item.folder.project
        if not item.waits or not item.entry.recipe or not item.is_ours or item.problem:
            continue
        try:
            if project not in known:
                known[project] = recipes_of(Project.open(project))
        except FstuiError:
            continue
        with suppress(NothingToDo):  # it begins just now
            _follow(queue, item, known[project])


def _follow(queue: Queue, item: Item, recipes: Recipes) -> None:
    recipe = find(recipes, item.entry.recipe)
    if recipe is None and recipes.problem_of(item.entry.recipe):
        return
    if recipe is None:
        queue.take_out(item.folder, f"taken out of the queue: {GONE}")
    elif recipe.conditions != item.entry.only_when:
        changed = msgspec.structs.replace(item.entry, only_when=recipe.conditions)
        entries.write(item.folder, changed)
