"""The recipes of a project: what it does when footage arrives, and what is wrong with some.
--dry-run shows what each would do for what has arrived, and what it would wait for."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

import msgspec

from engine.errors import BadInput, Exit
from engine.project import INBOX, Project
from engine.watch.ledger import Book, Ledger
from engine.watch.plan import holds, steps_of, words
from engine.watch.recipes import Recipe, Recipes, recipes_of
from engine.watch.unseen import came_through, unseen
from fstui.commands.shared import add_json, add_project, print_answer, project_of, say
from fstui.model.answers.engine import RecipesAnswer


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT [--dry-run]."""
    add_project(parser)
    parser.add_argument("--dry-run", action="store_true", help="what would happen now")
    add_json(parser, RecipesAnswer)


def run(args: argparse.Namespace) -> int:
    """List the recipes; exit code 3 where something is wrong with one."""
    project = project_of(args)
    recipes = recipes_of(project)
    would = _would(project, recipes) if args.dry_run else {}
    if args.json:
        print_answer(RecipesAnswer, _as_json(recipes, would))
    else:
        for recipe in recipes.good:
            say(_words(recipe), *would.get(recipe.name, []))
        if not recipes.good and not recipes.problems:
            say(f"{project.name} has no recipes: docs/automation.md shows how to write one.")
    if recipes.problems:
        raise BadInput(" ".join(recipes.problems))
    return int(Exit.DONE)


def _words(recipe: Recipe) -> str:
    """`night: when something arrives in b: extract, train; within 22:00-06:00`."""
    does = ", ".join(recipe.steps)
    if recipe.more_iterations:
        does += f" ({recipe.more_iterations} iterations more)"
    conditions = [
        f"within {recipe.hours}" if recipe.hours else "",
        "when the device is free" if recipe.device_free else "",
        f"with {recipe.disk_free_gb:g} GB free" if recipe.disk_free_gb else "",
        f"at most {recipe.at_most} at once" if recipe.at_most > 1 else "",
    ]
    said = "".join(f"; {condition}" for condition in conditions if condition)
    return f"{recipe.name}: when something arrives in {', '.join(recipe.places)}: {does}{said}"


def _would(project: Project, recipes: Recipes) -> dict[str, list[str]]:
    """What each recipe would do now."""
    book = Ledger(project).book
    return {recipe.name: _of_one(project, book, recipe) for recipe in recipes.good}


def _of_one(project: Project, book: Book, recipe: Recipe) -> list[str]:
    waiting = [run for run in book.runs if run.recipe == recipe.name and run.state == "waiting"]
    files = {path: side for run in waiting for path, side in run.files.items()}
    new = {
        path: place
        for path, place in unseen(project, book).items()
        if came_through(book, path, place) & set(recipe.places)
    }
    said = [f"   {path} would be sorted first" for path, place in new.items() if place == INBOX]
    files |= {path: place for path, place in new.items() if place != INBOX}
    if not files:
        return said or ["   nothing has arrived for it"]
    steps = steps_of(project, recipe, files, arrived=True)
    said.append(f"   for {', '.join(files)}: {words(steps)}")
    held = holds(project, recipe, datetime.now().astimezone(), set(files.values()))
    return said + [f"   it waits: {why}" for why in held]


def _as_json(recipes: Recipes, would: dict[str, list[str]]) -> dict[str, Any]:
    tables = [
        {
            **msgspec.to_builtins(recipe),
            "would": [line.strip() for line in would.get(recipe.name, [])],
        }
        for recipe in recipes.good
    ]
    return {"recipes": tables, "problems": recipes.problems}
