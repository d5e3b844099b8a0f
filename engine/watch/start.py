"""How the watcher starts a job: in the queue of the workspace, as the user's own do."""

from __future__ import annotations

from engine.disk import needs_bytes
from engine.errors import BadInput, NothingToDo
from engine.launch import launch
from engine.project import Project
from engine.protocol import ENDS, VERSION, Job, JobFolder, State, Step, find_job
from engine.queue.keeper import kick
from engine.queue.queue import Queue, queue_of
from engine.queue.tries import Tries
from engine.watch.ledger import Run

HOLD = "recipe "
"""How a hold begins that a recipe's conditions make; another one is the user's."""


def start_job(project: Project, run: Run, steps: list[Step]) -> JobFolder:
    """Queue the job of a recipe's run. Raises `AlreadyRunning`, `NoSpace`,
    `EngineCrashed`."""
    queue = queue_of(project.path)
    job = Job(VERSION, steps[-1].stage, steps, resumes=_goes_on_from(project, run))
    if queue.stands_still() and queue.waiting():
        # The machine was started since: what the user queued waits for the user, a recipe doesn't.
        return launch(project.path, job)
    folder = queue.add(project.path, job, needs_bytes=needs_bytes(project, job), run=run.id)
    kick(queue.workspace)
    return folder


def newest_try(project: Project, run: Run) -> JobFolder | None:
    """The job that does a run now: the newest that the queue or the user made of it."""
    queue = queue_of(project.path)
    items = queue.items()
    mine = [i.folder for i in items if i.entry.run == run.id and i.folder.project == project.path]
    newest = max(mine, key=lambda folder: folder.name, default=None)
    name = max(newest.name if newest else "", run.job)
    return Tries(queue, items).last(name) if name else None


def is_over(queue: Queue, folder: JobFolder) -> bool:
    """Whether a job ended and the queue doesn't try it again."""
    end = folder.current()
    if end.state not in ENDS:
        return False
    return end.state is State.DONE or not Tries(queue, queue.items()).may_come(folder, end)


def hold(folder: JobFolder, why: str) -> None:
    """Hold a job in the queue for a recipe's conditions, or let it go when there is no `why`; a
    hold of the user stays."""
    queue = queue_of(folder.project)
    item = next((i for i in queue.waiting() if i.name == folder.name), None)
    if item is None or (item.entry.held and not item.entry.held.startswith(HOLD)):
        return
    held = f"{HOLD}{why}" if why else ""
    if held != item.entry.held:
        queue.change(folder, held=held)


def take_out(folder: JobFolder) -> None:
    """Take a job that has not begun out of the queue."""
    try:
        queue_of(folder.project).cancel(folder)
    except NothingToDo:
        return  # it has just begun


def keep(project: Project) -> None:
    """See that somebody keeps the queue: after a power cut nobody does."""
    queue = queue_of(project.path)
    if not queue.stands_still():
        kick(queue.workspace)


def _goes_on_from(project: Project, run: Run) -> str | None:
    try:
        before = find_job(project.path, run.job) if run.job else None
    except BadInput:
        return None
    return before.name if before and not before.never_began else None
