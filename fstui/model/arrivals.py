"""What arrived in a project's watched folders, as the watch room shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from engine.errors import FstuiError
from engine.locks import PROJECT_LOCKS
from engine.process import is_locked
from engine.project import Project
from engine.watch.candidates import places_of
from engine.watch.ledger import Book, Ledger
from engine.watch.recipes import recipes_of
from engine.watch.unseen import unseen
from fstui.i18n import tr
from fstui.model.recipes import recipe_words, would_do
from fstui.model.told import Told

EVERY_S = 2.0
TAKEN_SHOWN = 200
Kind = Literal["new", "question", "dead", "taken", "run", "recipe", "problem", "folder"]


class Arrived(NamedTuple):
    """One row: a file, a recipe's run, a recipe or a folder."""

    kind: Kind
    name: str
    """Path as the book has it; name of a recipe."""
    state: str
    why: str = ""
    time: str = ""
    """UTC, ISO 8601; empty where that isn't known."""
    would: tuple[str, ...] = ()
    """What a recipe would do now, and what it would wait for."""
    run: str = ""
    """Id of a recipe's run."""

    @property
    def key(self) -> str:
        """What tells it from all others."""
        return f"{self.kind} {self.name} {self.run}"

    @property
    def may_retry(self) -> bool:
        """Whether it can be tried once more."""
        return self.kind in ("dead", "question") or (self.kind == "run" and self.state == "failed")


class ArrivalsGlance(NamedTuple):
    """News of what arrived in a project."""

    path: Path
    rows: list[Arrived]


def is_watched(project: Project) -> bool:
    """Whether a watcher takes in what arrives."""
    return is_locked(project.path / "locks" / PROJECT_LOCKS["watch"])


def of_arrivals(path: Path, every_s: float = EVERY_S) -> Told[ArrivalsGlance]:
    """A question for `Tail.also`: folders, recipes, files, runs."""
    return Told(lambda: ArrivalsGlance(path, rows_of(Project.open(path))), every_s)


def rows_of(project: Project) -> list[Arrived]:
    """Everything that is to be shown: what asks for an answer comes first."""
    book = Ledger(project).book
    new = unseen(project, book)
    rows = [
        *(Arrived("question", p, "asks", a.why, a.time) for p, a in book.of("question").items()),
        *(Arrived("dead", p, "not used", a.why, a.time) for p, a in book.of("dead").items()),
        *(
            Arrived("new", path, "new", tr("in {place}").format(place=place))
            for path, place in new.items()
        ),
        *_runs(book),
        *_recipes(project, book, new),
        *_folders(project),
    ]
    taken = list(book.of("taken").items())[-TAKEN_SHOWN:]
    return rows + [Arrived("taken", p, "taken in", a.place, a.time) for p, a in reversed(taken)]


def _runs(book: Book) -> list[Arrived]:
    return [
        Arrived(
            "run",
            run.recipe,
            run.state,
            run.why or ", ".join(run.files),
            run.time,
            run=run.id,
        )
        for run in reversed(book.runs)
    ]


def _recipes(project: Project, book: Book, new: dict[str, str]) -> list[Arrived]:
    found = recipes_of(project)
    rows = [Arrived("problem", "project.toml", "wrong", problem) for problem in found.problems]
    for recipe in found.good:
        try:
            would = would_do(project, book, recipe, new)
        except (FstuiError, OSError) as error:
            would = [str(error)]
        rows.append(
            Arrived("recipe", recipe.name, "recipe", recipe_words(recipe), would=tuple(would))
        )
    if not rows:
        hint = tr("none yet: docs/automation.md shows how to write one in project.toml")
        rows.append(Arrived("problem", tr("recipes"), "none", hint))
    return rows


def _folders(project: Project) -> list[Arrived]:
    return [
        Arrived("folder", str(place.path), "watched" if place.path.is_dir() else "away", place.name)
        for place in places_of(project)
    ]
