"""Recipes at work: what arrived is given to them, their jobs are queued and followed."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from msgspec import structs

from engine.disk import Usage
from engine.errors import FstuiError, NothingToDo
from engine.project import INBOX, SIDES, Project, now
from engine.protocol import ENDS, JobFolder, State
from engine.queue.conditions import local_time
from engine.queue.keeper import kick, own_settings
from engine.queue.queue import queue_of
from engine.queue.turn import Look, Standing, Turn
from engine.reached import is_extracted
from engine.report import Reporter
from engine.watch import plan, start
from engine.watch.ledger import ACTIVE, Arrival, Book, Ledger, Run, RunState
from engine.watch.recipes import ALWAYS, GONE, Recipe, Recipes, find, recipes_of

PUT_OFF_MOST = 300
"""Times that a run is put off, one a second, for footage that is still arriving."""


def give(book: Book, recipes: Recipes, taken: Mapping[str, Arrival]) -> None:
    """Give what was taken in to the recipes that are for it, or may be once they are mended;
    `taken` is by the book's paths."""
    for path, arrival in taken.items():
        for name, places in recipes.places().items():
            if arrival.came_by & places:
                _add(book, name, {path: arrival.place})


def rename(book: Book, before: str, path: str) -> None:
    """Have the runs that are not over know a file that was renamed by its path of now."""
    for run in book.runs:
        if run.state in ACTIVE and before in run.files:
            run.files = {path if p == before else p: side for p, side in run.files.items()}


def _add(book: Book, recipe: str, files: dict[str, str]) -> None:
    """Give files to a recipe: what arrives while it can't begin yet is done together."""
    for run in book.runs:
        if run.recipe == recipe and run.state == "waiting" and not run.steps:
            run.files.update(files)
            return
    book.runs.append(Run(secrets.token_hex(4), recipe, files, time=now()))


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
        self._left: set[str] = set()
        """Runs whose jobs an earlier watcher had queued: they go on at once."""
        self._jobs_stamp = 0
        self._usage: Usage | None = None
        """What the workspace holds."""

    def catch_up(self) -> None:
        """At the start: what was queued goes on, also after a restart of the machine, and where the
        project has all footage extracted, what nobody has yet is."""
        runs = self._ledger.book.runs
        self._left = {run.id for run in runs if run.state in ("queued", "running")}
        project = Project.open(self._path)
        recipe = find(self.read(project), ALWAYS)
        if recipe is None or any(r.recipe == ALWAYS and r.state in ACTIVE for r in runs):
            return
        sides = [s for s in SIDES if project.sources(s) and not is_extracted(project, s)]
        left = {source.path: source.side for s in sides for source in project.sources(s)}
        if left:
            with self._ledger.change() as book:
                _add(book, ALWAYS, left)

    def read(self, project: Project) -> Recipes:
        """The project's recipes; what is wrong with some is warned of, once."""
        recipes = recipes_of(project)
        for problem in recipes.problems:
            if problem not in self._told:
                self._told.add(problem)
                self._report.warn(f"{problem} It waits until that is mended; the others go on.")
        return recipes

    def tick(self, arriving: bool = False) -> None:
        """See how jobs stand, then queue what can begin; a while after footage that is `arriving`,
        so that what comes together is done together. Call it once a second. Raises `Damaged`,
        `AlreadyRunning`, `NoSpace` for a book or project that can't be used right now."""
        runs = self._worth_a_look()
        if not runs:
            return
        project = Project.open(self._path)
        recipes = self.read(project)
        if any(run.state != "waiting" for run in runs):
            self._follow_all(project, recipes, runs)
        for run in [run for run in self._ledger.book.runs if run.state == "waiting"]:
            if arriving and not run.steps and self._put_off[run.id] < PUT_OFF_MOST:
                self._put_off[run.id] += 1
                self._hold(run, "more footage is arriving")
            else:
                self._begin(project, recipes, run)

    def _worth_a_look(self) -> list[Run]:
        """Active runs; failed ones too where jobs came, which may try one of them again."""
        runs, stamp = self._ledger.book.runs, _changed(self._path / "jobs")
        jobs_came, self._jobs_stamp = stamp != self._jobs_stamp, stamp
        return [
            run
            for run in runs
            if run.state in ACTIVE or (run.state == "failed" and run.job and jobs_came)
        ]

    # --- a job that was queued ---

    def _follow_all(self, project: Project, recipes: Recipes, runs: list[Run]) -> None:
        queue = queue_of(project.path)
        if self._usage is None or self._usage.workspace != queue.workspace:
            self._usage = Usage(queue.workspace)
        kick(queue.workspace, self._usage)  # after a power cut nobody keeps it
        look = Look(queue, own_settings(), self._usage)
        # A copy of the project has jobs of the same names.
        own = [turn for turn in look.turns() if turn.item.folder.project == project.path]
        turns = {turn.item.name: turn for turn in own}
        for run in runs:
            folder = look.tries.last(run.job) if run.job and run.state != "waiting" else None
            if folder is not None and folder.name in turns:
                self._follow_waiting(project, recipes, run, turns[folder.name])
            elif folder is not None:
                self._follow(look, run, folder)
            elif run.state in ("queued", "running"):
                self._again(run, f"the job {run.job} is gone: it is queued once more")

    def _follow_waiting(self, project: Project, recipes: Recipes, run: Run, turn: Turn) -> None:
        folder, recipe = turn.item.folder, find(recipes, run.recipe)
        queue = queue_of(project.path)
        with suppress(NothingToDo):  # where it begins just now, it is followed next time
            gone = recipe is None and not recipes.problem_of(run.recipe)
            if gone and run.state != "failed":
                queue.cancel(folder)
                return self._ended(run, "failed", f"{GONE}: its job was taken out of the queue")
            if run.id in self._left:
                start.let_go(queue, folder)
        self._left.discard(run.id)
        self._note(run, "queued", folder, _words(turn))
        if recipe is not None:
            self._plan_anew(project, recipe, structs.replace(run, job=folder.name))
        return None

    def _plan_anew(
        self, project: Project, recipe: Recipe, run: Run, more: Run | None = None
    ) -> bool:
        """Plan what waits in the queue anew, with what arrived for it since (`more`, which it takes
        in); whether its job still waited."""
        files = {**run.files, **(more.files if more else {})}
        folder = JobFolder(project.path / "jobs" / run.job)
        steps = plan.steps_of(project, recipe, files) or run.steps
        if not start.plan_anew(project, folder, steps):
            return False
        if (files, steps) != (run.files, run.steps):
            with self._ledger.change() as book:
                book.runs = [r for r in book.runs if more is None or r.id != more.id]
                for known in book.runs:
                    if known.id == run.id:
                        known.files, known.steps = files, steps
        return True

    def _follow(self, look: Look, run: Run, folder: JobFolder) -> None:
        end = folder.current()
        if end.state not in ENDS:
            if self._note(run, "running", folder, ""):
                steps = plan.words(run.steps)
                self._report.event("launch", job=folder.name, recipe=run.recipe, steps=steps)
        elif end.state is State.DONE:
            self._ended(run, "done", end.message)
        elif run.state != "failed" and not look.tries.may_come(folder, end):
            self._ended(run, "failed", end.message or str(end.state))

    def _note(self, run: Run, state: RunState, folder: JobFolder, why: str) -> bool:
        """Write down how a run stands; whether its state or its job is new."""
        if (run.state, run.job, run.why) == (state, folder.name, why):
            return False
        self._change(run, lambda run: _noted(run, state, folder.name, why))
        return (run.state, run.job) != (state, folder.name)

    def _ended(self, run: Run, state: RunState, why: str) -> None:
        self._change(run, lambda run: _noted(run, state, run.job, why))
        self._report.event("run", recipe=run.recipe, state=state, why=why, job=run.job)

    def _again(self, run: Run, why: str) -> None:
        def change(run: Run) -> None:
            run.state, run.why, run.tries = "waiting", why, run.tries + 1

        self._change(run, change)

    # --- a run that waits ---

    def _begin(self, project: Project, recipes: Recipes, run: Run) -> None:
        recipe = find(recipes, run.recipe)
        if recipe is None:
            if problem := recipes.problem_of(run.recipe):
                return self._hold(run, problem)
            return self._ended(run, "failed", GONE)
        if not run.steps and not (run := self._sifted(recipe, run)).files:
            return None
        if run.steps and (known := start.queued_already(project, run)):
            self._note(run, "queued", known, "")
            return None
        if not run.steps and self._joins(project, recipe, run):
            return None
        steps = run.steps or plan.steps_of(project, recipe, run.files)
        if not steps:
            return self._ended(run, "done", "nothing was left to do")
        trainings = self._ledger.book.trainings(run.id)
        if held := plan.holds(project, recipe, self._moment(), trainings=trainings):
            return self._hold(run, "; ".join(held))
        # Written down before the job is queued: a watcher killed in between queues the same.
        self._change(run, lambda run: setattr(run, "steps", steps))
        after = trainings if "convert" in recipe.steps else []
        try:
            folder = start.queue_job(project, recipe, structs.replace(run, steps=steps), after)
        except FstuiError as error:
            return self._hold(run, str(error))
        self._note(run, "queued", folder, "")
        self._report.event("run", recipe=recipe.name, state="queued", why="", job=folder.name)
        return None

    def _sifted(self, recipe: Recipe, run: Run) -> Run:
        """A run without what its recipe is not for: it was given all that it might be for while
        that could not be read. One that nothing is left of is forgotten."""
        known, places = self._ledger.book.files, set(recipe.places)
        files = {
            path: side
            for path, side in run.files.items()
            if places & (known[path].came_by if path in known else {side, INBOX})
        }
        if not files:
            with self._ledger.change() as book:
                book.runs = [r for r in book.runs if r.id != run.id]
        elif files != run.files:
            self._change(run, lambda run: setattr(run, "files", files))
        return structs.replace(run, files=files)

    def _joins(self, project: Project, recipe: Recipe, run: Run) -> bool:
        """Whether what arrived is done by a job of the recipe that still waits in the queue."""
        others = [r for r in self._ledger.book.runs if r.recipe == run.recipe]
        return any(
            self._plan_anew(project, recipe, other, more=run)
            for other in others
            if other.state == "queued"
        )

    def _hold(self, run: Run, why: str) -> None:
        if why != run.why:
            self._change(run, lambda run: setattr(run, "why", why))

    def _change(self, known: Run, act: Callable[[Run], None]) -> None:
        with self._ledger.change() as book:
            for run in book.runs:
                if run.id == known.id:
                    act(run)
                    run.time = now()


def _words(turn: Turn) -> str:
    """What a job waits for. Of what changes each second, the rest before a try or the room on the
    disk, not the figure, which would have the book written each second: the queue tells it."""
    if turn.standing in (Standing.RESTS, Standing.DISK):
        return str(turn.standing)
    return f"{turn.standing}: {turn.why}" if turn.why else "its turn is next"


def _noted(run: Run, state: RunState, job: str, why: str) -> None:
    run.state, run.job, run.why = state, job, why


def _changed(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0
