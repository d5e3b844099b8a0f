"""The jobs of a project, and any one of them in full: what the log's room asks the tail for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from engine.errors import FstuiError
from engine.protocol import JobFolder, safe_text
from fstui.model.joblist import JobList
from fstui.model.jobview import JobView
from fstui.model.tail import JobTail, JobUpdate


class JobsListed(NamedTuple):
    """News of which jobs a project has."""

    project: Path
    folders: list[JobFolder]
    """Newest first."""


class JobRead(NamedTuple):
    """News of one job that was asked for, whichever it is."""

    folder: JobFolder
    update: JobUpdate | None
    problem: str = ""
    """Why it can't be read."""


def of_jobs(project: Path) -> Callable[[], JobsListed | None]:
    """A question for `Tail.also`: told when a job came or went; a stat a look."""
    jobs, told = JobList(project, JobFolder), False

    def ask() -> JobsListed | None:
        nonlocal told
        if not jobs.look() and told:
            return None
        told = True
        return JobsListed(project, jobs.folders)

    return ask


def of_job(folder: JobFolder) -> Callable[[], JobRead | None]:
    """A question for `Tail.also`: what is new of a job, from its beginning; of a long log its end
    alone, as `JobTail` reads it."""
    tail: JobTail | None = None
    problem = ""

    def ask() -> JobRead | None:
        nonlocal tail, problem
        try:
            if tail is None:
                steps = folder.job().steps
                tail = JobTail(folder, steps[0].stage if steps else folder.kind)
            update = tail.look()
        except (FstuiError, OSError) as error:
            if str(error) == problem:
                return None
            problem = str(error)
            return JobRead(folder, None, safe_text(problem))
        return JobRead(folder, update) if update else None

    return ask


def taken(view: JobView | None, news: JobRead) -> JobView | None:
    """The view of a job with what is new of it."""
    if news.update is None:
        return view
    if view is None:
        return JobView.begin(news.update)
    view.apply(news.update)
    return view
