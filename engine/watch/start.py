"""How the watcher has a run's job done: the one place that puts it in the queue."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.disk import needs_bytes
from engine.errors import NothingToDo
from engine.process import boot_id
from engine.project import Project
from engine.protocol import ENDS, VERSION, Job, JobFolder, Step
from engine.queue.keeper import kick
from engine.queue.queue import Queue, queue_of
from engine.watch.ledger import Run
from engine.watch.recipes import Recipe


def queue_job(project: Project, recipe: Recipe, run: Run, after: Sequence[str]) -> JobFolder:
    """Put the job of a run's steps in the queue, behind the jobs named `after`, and see that the
    queue is kept; where an earlier one has not ended, the user has had that tried again: it is the
    job then. Raises `NoSpace`, `AlreadyRunning`, `EngineCrashed`."""
    queue = queue_of(project.path)
    known = _queued(queue, project, run.id)
    if known and known[-1].current().state not in ENDS:
        return known[-1]
    begun = [folder.name for folder in known if not folder.never_began]
    job = Job(VERSION, run.steps[-1].stage, run.steps, resumes=begun[-1] if begun else None)
    folder = queue.add(
        project.path,
        job,
        after=list(after),
        # What waits for the one before waits for this one now.
        again_of=known[-1].name if known else "",
        needs_bytes=needs_bytes(project, job),
        recipe=recipe.name,
        run=run.mark,
        only_when=recipe.conditions,
        boot=boot_id(),
    )
    kick(queue.workspace)
    return folder


def queued_already(project: Project, run: Run) -> JobFolder | None:
    """The newest job that was put in the queue for a run this time: a watcher that is killed
    before it notes the job's name leaves it there."""
    found = _queued(queue_of(project.path), project, run.mark)
    return found[-1] if found else None


def plan_anew(project: Project, folder: JobFolder, steps: list[Step]) -> bool:
    """Give a job that waits the steps that are due by now, and keep its place; whether it waits:
    what was begun goes on as it was planned then. Raises `Damaged`, `NoSpace`."""
    if not folder.never_began or folder.current().state in ENDS:
        return False
    if (job := folder.job()).resumes:
        return False
    if steps == job.steps:
        return True
    job = msgspec.structs.replace(job, steps=steps)
    try:
        needs = needs_bytes(project, job)
        queue_of(project.path).replace(folder, job, needs_bytes=needs)
    except NothingToDo:  # it begins just now
        return False
    return True


def let_go(queue: Queue, folder: JobFolder) -> None:
    """Have a job that waits begin without a rest, and also where the queue stands still."""
    queue.change(folder, delay_s=0.0, boot=boot_id())


def _queued(queue: Queue, project: Project, mark: str) -> list[JobFolder]:
    """The jobs that were put in the queue for a run, by its mark or its id; the oldest first."""
    here = project.path.resolve()
    items = (i for i in queue.items() if i.folder.project == here and i.entry.recipe)
    mine = [i.folder for i in items if mark in (i.entry.run, i.entry.run.rpartition("-")[0])]
    return sorted(mine, key=lambda folder: folder.name)
