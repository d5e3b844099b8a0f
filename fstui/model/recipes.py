"""A project's recipes in words: what each does, and what it would do for what has arrived."""

from __future__ import annotations

from engine.project import INBOX, Project
from engine.queue.conditions import local_time
from engine.watch.ledger import Arrival, Book
from engine.watch.plan import holds, steps_of, words
from engine.watch.recipes import Recipe


def recipe_words(recipe: Recipe) -> str:
    """`when something arrives in b: extract, train; within 22:00-06:00`."""
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
    return f"when something arrives in {', '.join(recipe.places)}: {does}{said}"


def would_do(project: Project, book: Book, recipe: Recipe, unseen: dict[str, str]) -> list[str]:
    """What a recipe would do now for what waits and what nobody has looked at yet (`unseen`, by
    path, with its folder), and what it would wait for."""
    mine = [run for run in book.runs if run.recipe == recipe.name]
    files = {p: side for run in mine if run.state == "waiting" for p, side in run.files.items()}
    new = {
        path: place
        for path, place in unseen.items()
        if book.files.get(path, Arrival(place, "taking")).came_by & set(recipe.places)
    }
    said = [
        f"for {', '.join(run.files)}: {run.job} ({run.why or run.state})"
        for run in mine
        if run.state in ("queued", "running")
    ]
    said += [f"{path} would be sorted first" for path, place in new.items() if place == INBOX]
    files |= {path: place for path, place in new.items() if place != INBOX}
    if not files:
        return said or ["nothing has arrived for it"]
    steps = steps_of(project, recipe, files, arrived=True)
    said.append(f"for {', '.join(files)}: {words(steps)}")
    held = holds(project, recipe, local_time(), set(files.values()), book.trainings())
    return said + [f"it waits: {why}" for why in held]
