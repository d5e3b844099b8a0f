"""A project's recipes in words: what each does, and what it would do for what has arrived."""

from __future__ import annotations

from engine.project import INBOX, Project
from engine.queue.conditions import local_time
from engine.watch.ledger import Arrival, Book
from engine.watch.plan import holds, steps_of, words
from engine.watch.recipes import Recipe
from fstui.i18n import tr


def recipe_words(recipe: Recipe) -> str:
    """`when something arrives in b: extract, train; within 22:00-06:00`."""
    does = ", ".join(recipe.steps)
    if recipe.more_iterations:
        does += tr(" ({n} iterations more)").format(n=recipe.more_iterations)
    conditions = [
        tr("within {hours}").format(hours=recipe.hours) if recipe.hours else "",
        tr("when the device is free") if recipe.device_free else "",
        tr("with {n:g} GB free").format(n=recipe.disk_free_gb) if recipe.disk_free_gb else "",
        tr("at most {n} at once").format(n=recipe.at_most) if recipe.at_most > 1 else "",
    ]
    said = "".join(f"; {condition}" for condition in conditions if condition)
    told = tr("when something arrives in {places}: {does}")
    return told.format(places=", ".join(recipe.places), does=does) + said


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
    told = tr("for {files}: {job} ({why})")
    said = [
        told.format(files=", ".join(run.files), job=run.job, why=run.why or run.state)
        for run in mine
        if run.state in ("queued", "running")
    ]
    sorts = tr("{path} would be sorted first")
    said += [sorts.format(path=path) for path, place in new.items() if place == INBOX]
    files |= {path: place for path, place in new.items() if place != INBOX}
    if not files:
        return said or [tr("nothing has arrived for it")]
    steps = steps_of(project, recipe, files, arrived=True)
    said.append(tr("for {files}: {steps}").format(files=", ".join(files), steps=words(steps)))
    held = holds(project, recipe, local_time(), set(files.values()), book.trainings())
    return said + [tr("it waits: {why}").format(why=why) for why in held]
