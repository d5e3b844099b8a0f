"""The queue as commands and the interface use it: putting jobs in, keeping it going, its rows."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from engine.disk import needs_bytes
from engine.errors import AlreadyRunning, BadInput, FstuiError, NothingToDo
from engine.project import Project
from engine.protocol import ENDS, Job, JobFolder, State, jobs_of, safe_text
from engine.queue.keeper import kick
from engine.queue.queue import Queue, queue_of
from engine.queue.tries import Tries
from engine.queue.turn import Look, Turn
from engine.workspace import is_project
from fstui import settings
from fstui.i18n import later, tr

HELD = later("you hold it: 'queue release' lets it go")
"""Why a job doesn't start that the user holds."""


class Place(NamedTuple):
    """Where in the queue a job goes."""

    after: tuple[str, ...] = ()
    """Names of jobs that have to be done before."""
    priority: int = 0
    """Higher ones come first."""


def enqueue(project: Project, job: Job, place: Place) -> JobFolder:
    """Put a job in the queue of its workspace and see that it is kept. Raises `NoSpace`."""
    queue = queue_of(project.path)
    more = {"after": list(place.after), "priority": place.priority}
    folder = queue.add(project.path, job, needs_bytes=needs_bytes(project, job), **more)
    kick(queue.workspace)
    return folder


def start_or_queue(start: Callable[[Place | None], JobFolder]) -> JobFolder:
    """Start a job; one that can't start now is queued where the user's settings say so. Raises as
    `start` does."""
    try:
        return start(None)
    except AlreadyRunning:
        if not settings.load().queue:
            raise
    return start(Place())


def keep_going(workspace: Path) -> None:
    """Whoever looks at a workspace sees that its queue is kept. What can't be started is no reason
    not to look: 'queue run' says why."""
    if not os.access(workspace, os.W_OK):
        return
    try:
        kick(workspace)
    except (FstuiError, OSError):
        return


def retry(queue: Queue, folder: JobFolder) -> list[JobFolder]:
    """Try a job again, or let it go now; what it waits for in vain is tried again with it, and
    what of that is gone is waited for no more. The jobs that were queued for it, itself last.
    Raises `NothingToDo` for one that runs or is done."""
    made = []
    tries = Tries(queue, items := queue.items())
    item = next((i for i in items if i.name == folder.name and i.waits), None)
    after = item.entry.after if item else []
    for name in after:
        last = tries.last(name)
        if last is None:
            queue.change(folder, after=[n for n in after if tries.last(n)])
            continue
        end = last.current()
        if end.state in ENDS and end.state is not State.DONE and not tries.may_come(last, end):
            made.append(queue.retry(last))
    return [*made, queue.retry(folder)]


def turns(queue: Queue) -> list[Turn]:
    """Who waits for what, in order."""
    return Look(queue, settings.load()).turns()


def comes_before(project: Project, word: str) -> str:
    """The name of the job that `--after WORD` means: the newest of the project with the word in
    its name, or `OTHER/WORD` of another project of the workspace. Raises `BadInput`."""
    other, _, part = word.rpartition("/")
    path = project.path.parent / other if other else project.path
    if other and not is_project(path):
        raise BadInput(
            tr("There is no project '{other}' beside {project}.").format(
                other=safe_text(other), project=project.name
            )
        )
    return newest_called(path, part).name


ENDLESS = ("preview", "watch")
"""Jobs that are there until they are stopped; they are meant where they are named."""


def newest_called(project: Path, part: str = "") -> JobFolder:
    """The newest job of a project with this in its name; without a name the newest that ends by
    itself. Raises `BadInput`, `NothingToDo`."""
    jobs = [job for job in jobs_of(project) if part or job.kind not in ENDLESS]
    if not jobs:
        name = shlex.quote(project.name)
        raise NothingToDo(
            tr("{name} has no job yet: 'extract {name}' starts one.").format(name=name)
        )
    found = next((f for f in jobs if part in f.name), None)
    if found is None:
        raise BadInput(
            tr("No job of {project} is called '{part}'.").format(
                project=safe_text(project.name), part=safe_text(part)
            )
        )
    return found
