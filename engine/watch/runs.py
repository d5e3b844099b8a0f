"""Recipes at work: what arrived is given to them, their jobs are started and followed."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from engine.errors import AlreadyRunning, FstuiError
from engine.project import INBOX, SIDES, Project, now
from engine.protocol import VERSION, Job, JobFolder, State, Step, refuse_if_running
from engine.queue.queue import queue_of
from engine.reached import is_extracted
from engine.report import Reporter
from engine.watch import plan, start
from engine.watch.ledger import Arrival, Book, Ledger, Run
from engine.watch.recipes import ALWAYS, Recipe, Recipes, find, recipes_of

ACTIVE = ("waiting", "queued", "running")
GONE = "project.toml has no such recipe that can be used"
PUT_OFF_MOST = 300
"""Times that a run is put off, one a second, for footage that is still arriving."""


def local_time() -> datetime:
    """Now, by the machine's own clock and zone: recipes' hours are in it."""
    return datetime.now().astimezone()


def give(book: Book, recipes: Recipes, taken: Mapping[str, Arrival]) -> None:
    """Give what was taken in to the recipes that are for it; `taken` is by the book's paths."""
    for path, arrival in taken.items():
        came = {arrival.place, INBOX} if arrival.from_inbox else {arrival.place}
        for recipe in recipes.good:
            if came & set(recipe.places):
                _add(book, recipe, {path: arrival.place})


def _add(book: Book, recipe: Recipe, files: dict[str, str]) -> None:
    """Give files to a recipe: what arrives while it can't begin yet is done together."""
    for run in book.runs:
        if run.recipe == recipe.name and run.state == "waiting" and not run.steps:
            run.files.update(files)
            return
    book.runs.append(Run(secrets.token_hex(4), recipe.name, files, time=now()))


class Runs:
    """Follows the book's runs; asked again and again, it does what can be done by then."""

    def __init__(
        self,
        project: Path,
        ledger: Ledger,
        report: Reporter,
        moment: Callable[[], datetime] = local_time,
    ) -> None:
        self._path, self._ledger, self._report, self._moment = project, ledger, report, moment
        self._told: set[str] = set()
        self._put_off: Counter[str] = Counter()

    def catch_up(self) -> None:
        """At the start, where the project has all footage extracted: what nobody has yet."""
        project = Project.open(self._path)
        recipe = find(self.read(project), ALWAYS)
        busy = any(r.recipe == ALWAYS and r.state in ACTIVE for r in self._ledger.book.runs)
        if recipe is None or busy:
            return
        sides = [s for s in SIDES if project.sources(s) and not is_extracted(project, s)]
        left = {source.path: source.side for s in sides for source in project.sources(s)}
        if left:
            with self._ledger.change() as book:
                _add(book, recipe, left)

    def read(self, project: Project) -> Recipes:
        """The project's recipes; what is wrong with some is warned of, once."""
        recipes = recipes_of(project)
        for problem in recipes.problems:
            if problem not in self._told:
                self._told.add(problem)
                self._report.warn(f"{problem} The other recipes are used.")
        return recipes

    def tick(self, arriving: bool = False) -> None:
        """See how jobs ended, then begin what can begin; a while after footage that is `arriving`,
        so that what comes together is done together. Call it once a second. Raises `Damaged`,
        `AlreadyRunning`, `NoSpace` for a book or project that can't be used right now."""
        active = [run for run in self._ledger.book.runs if run.state in ACTIVE]
        if not active:
            return
        project = Project.open(self._path)
        recipes = self.read(project)
        for run in active:
            if run.state in ("queued", "running"):
                self._follow(project, recipes, run)
            elif arriving and not run.steps and self._put_off[run.id] < PUT_OFF_MOST:
                self._put_off[run.id] += 1
                self._hold(run, "more footage is arriving")
            else:
                self._begin(project, recipes, run)

    # --- a job that was begun ---

    def _follow(self, project: Project, recipes: Recipes, run: Run) -> None:
        folder = start.newest_try(project, run)
        if folder is None:
            return self._ended(run, "waiting", f"the job {run.job} is gone: it is begun anew")
        if folder.never_began:
            return self._in_queue(project, find(recipes, run.recipe), run, folder)
        if not start.is_over(queue_of(project.path), folder):
            return self._note(run, "running", folder.name)
        end = folder.current()
        done = end.state is State.DONE
        return self._ended(run, "done" if done else "failed", end.message or str(end.state))

    def _in_queue(
        self, project: Project, recipe: Recipe | None, run: Run, folder: JobFolder
    ) -> None:
        """A job that waits: the recipe's conditions may hold it, without a recipe it goes."""
        if folder.current().state is State.STOPPED:
            return self._ended(run, "failed", "its job was taken out of the queue")
        if recipe is None:
            start.take_out(folder)
            return self._ended(run, "failed", f"{GONE}: its job was taken out of the queue")
        unmet = plan.conditions(project, recipe, self._moment())
        start.hold(folder, f"{recipe.name}: {'; '.join(unmet)}" if unmet else "")
        start.keep(project)
        return self._note(run, "queued", folder.name, waits_in_queue(folder))

    def _ended(self, run: Run, state: Literal["waiting", "done", "failed"], why: str) -> None:
        def change(run: Run) -> None:
            run.state, run.why = state, why

        self._change(run, change)
        self._report.event("run", recipe=run.recipe, state=state, why=why, job=run.job)

    # --- a run that waits ---

    def _begin(self, project: Project, recipes: Recipes, run: Run) -> None:
        recipe = find(recipes, run.recipe)
        if recipe is None:
            return self._ended(run, "failed", GONE)
        steps = run.steps or plan.steps_of(project, recipe, run.files)
        if not steps:
            return self._ended(run, "done", "nothing was left to do")
        known = start.newest_try(project, run) if run.steps else None
        if known and not start.is_over(queue_of(project.path), known):
            # A watcher was killed before it wrote down that it had queued this.
            return self._note(run, "queued", known.name, waits_in_queue(known))
        held = plan.holds(project, recipe, self._moment()) or _busy(project, steps)
        if held:
            return self._hold(run, "; ".join(held))
        # Written down before the job is queued: a watcher killed in between queues the same.
        self._change(run, lambda run: setattr(run, "steps", steps))
        try:
            folder = start.start_job(project, run, steps)
        except AlreadyRunning:
            return None  # somebody was faster
        except FstuiError as error:
            return self._ended(run, "failed", str(error))
        self._note(run, "queued", folder.name, waits_in_queue(folder))
        self._report.event("launch", job=folder.name, recipe=recipe.name, steps=plan.words(steps))
        return None

    def _note(self, run: Run, state: Literal["queued", "running"], job: str, why: str = "") -> None:
        if (run.state, run.job, run.why) == (state, job, why):
            return

        def change(run: Run) -> None:
            run.state, run.job, run.why = state, job, why

        self._change(run, change)

    def _hold(self, run: Run, why: str) -> None:
        if why != run.why:
            self._change(run, lambda run: setattr(run, "why", why))

    def _change(self, known: Run, act: Callable[[Run], None]) -> None:
        with self._ledger.change() as book:
            for run in book.runs:
                if run.id == known.id:
                    act(run)
                    run.time = now()


def waits_in_queue(folder: JobFolder) -> str:
    """What a run says while its job has not begun."""
    return f"{folder.name} waits in the queue"


def _busy(project: Project, steps: list[Step]) -> list[str]:
    """Who uses what of the project the steps need."""
    try:
        refuse_if_running(project.path, Job(VERSION, steps[-1].stage, steps))
    except AlreadyRunning as error:
        return [str(error)]
    return []
