"""The recipes of a project: what it does when footage arrives, and what is wrong with some.
--dry-run shows what each would do for what has arrived, and what it waits for before the queue."""

from __future__ import annotations

import argparse
from typing import Any

import msgspec

from engine.errors import BadInput, Exit
from engine.project import Project
from engine.watch.ledger import Ledger
from engine.watch.recipes import Recipes, recipes_of
from engine.watch.unseen import unseen
from fstui.commands.shared import add_json, add_project, print_answer, project_of, say
from fstui.model.answers.engine import RecipesAnswer
from fstui.model.recipes import recipe_words, would_do


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
            told = (f"   {line}" for line in would.get(recipe.name, []))
            say(f"{recipe.name}: {recipe_words(recipe)}", *told)
        if not recipes.good and not recipes.problems:
            say(f"{project.name} has no recipes: docs/automation.md shows how to write one.")
    if recipes.problems:
        raise BadInput(" ".join(recipes.problems))
    return int(Exit.DONE)


def _would(project: Project, recipes: Recipes) -> dict[str, list[str]]:
    """What each recipe would do now."""
    book = Ledger(project).book
    new = unseen(project, book)
    return {recipe.name: would_do(project, book, recipe, new) for recipe in recipes.good}


def _as_json(recipes: Recipes, would: dict[str, list[str]]) -> dict[str, Any]:
    tables = [
        {
            **msgspec.to_builtins(recipe),
            "would": would.get(recipe.name, []),
        }
        for recipe in recipes.good
    ]
    return {"recipes": tables, "problems": recipes.problems}
