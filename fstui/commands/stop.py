"""Save and stop a job, and wait until it has ended. --kill ends it at once: what it had committed
is kept, what it was at is lost."""

from __future__ import annotations

import argparse
import time

from engine.errors import BadInput, NothingToDo, NotPossible
from engine.project import Project
from engine.protocol import JobFolder, State, jobs_of, safe_text
from fstui.commands.shared import add_project, project_of, say
from fstui.model import jobs

BESIDE = {"watch": 1, "preview": 2}
"""Kinds that run beside the work and are meant last."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT [JOB]."""
    add_project(parser)
    parser.add_argument(
        "job", metavar="JOB", nargs="?", help="a part of its name (default: the one that runs)"
    )
    parser.add_argument("--kill", action="store_true", help="don't wait for it to save")


def run(args: argparse.Namespace) -> int:
    """Stop it; done when its lock is free."""
    folder = job_to_stop(project_of(args), args.job)
    if args.kill:
        jobs.kill(folder)
    else:
        stop_in_order(folder)
    end = folder.current()
    say(f"{folder.name} {end.state}: {end.message}")
    return 0


def stop_in_order(folder: JobFolder) -> None:
    """Command file first; a signal where that is not read in time; then wait for the saving."""
    jobs.stop(folder)
    if jobs.wait_for_end(folder, jobs.STOP_PATIENCE_S):
        return
    if folder.current().state is not State.STOPPING:
        try:
            jobs.press(folder)
        except NothingToDo:
            return  # it has just ended
        except NotPossible:
            say("It runs on another machine and will read the request there.")
    say("It saves before it ends; Ctrl-C stops waiting, '--kill' doesn't wait at all.")
    while folder.alive():
        time.sleep(0.1)


def job_to_stop(project: Project, name: str | None) -> JobFolder:
    """The job that is meant: by name, else the one that runs, work before a watcher."""
    if name is None:
        return running_job(project)
    running = [j for j in jobs_of(project.path) if name in j.name and j.alive()]
    if not running:
        raise NothingToDo(f"No job '{safe_text(name)}' of {project.name} is running.")
    if len(running) > 1:
        names = ", ".join(j.name for j in running)
        raise BadInput(f"'{safe_text(name)}' can mean {names}: say which.")
    return running[0]


def running_job(project: Project, kind: str = "") -> JobFolder:
    """The job that runs, of a kind where one is named; work before a watcher, then a preview."""
    running = [j for j in jobs_of(project.path) if j.alive() and kind in ("", j.kind)]
    if not running:
        what = f"{kind} job" if kind else "job"
        raise NothingToDo(
            f"No {what} of {project.name} is running: there is nothing to stop, tell or change."
        )
    return min(running, key=lambda j: BESIDE.get(j.kind, 0))
