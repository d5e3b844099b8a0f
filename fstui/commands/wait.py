"""Wait until a job has ended, through the queue and its tries. The exit code is the job's; 6 when
--timeout ran out before, 9 when it waits for you."""

from __future__ import annotations

import argparse
import time

from engine.disk import Usage
from engine.errors import AlreadyRunning, Stopped, UsageError
from engine.protocol import ENDS, JobFolder
from engine.queue.queue import queue_of
from engine.queue.turn import FOR_THE_USER, Look
from fstui import settings
from fstui.commands.shared import add_project, project_of
from fstui.follow import LOOK_S, ending
from fstui.model.queue import keep_going, newest_called

QUEUE_LOOK_S = 2.0
"""The whole queue is looked at this often: what a job waits for, who tries it again."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT [JOB]."""
    add_project(parser)
    parser.add_argument(
        "job",
        metavar="JOB",
        nargs="?",
        help="a part of its name: the newest that has it (default: the newest that ends by itself)",
    )
    parser.add_argument("--timeout", metavar="S", type=float, help="give up after so many seconds")


def run(args: argparse.Namespace) -> int:
    """Wait, then say how it ended."""
    if args.timeout is not None and not args.timeout >= 0:
        raise UsageError(f"--timeout is a number of seconds from 0 on, not {args.timeout:g}.")
    project = project_of(args)
    folder = newest_called(project.path, args.job or "")
    usage = Usage(project.path.parent)
    until = time.monotonic() + args.timeout if args.timeout is not None else float("inf")
    next_look = 0.0
    while True:
        if time.monotonic() >= next_look or folder.current().state in ENDS:
            next_look = time.monotonic() + QUEUE_LOOK_S
            if not args.readonly:
                keep_going(project.path.parent)
            folder, over = look(folder, usage)
            if over:
                return ending(folder, folder.current())
        if time.monotonic() >= until:
            state = folder.current().state
            raise AlreadyRunning(f"{folder.name} is {state} after {args.timeout:g} s of waiting.")
        time.sleep(min(LOOK_S, max(0.0, until - time.monotonic())))


def look(folder: JobFolder, usage: Usage) -> tuple[JobFolder, bool]:
    """The newest try of a job, and whether that has ended for good. Raises `Stopped` when it waits
    for the user."""
    seen = Look(queue_of(folder.project), settings.load(), usage)
    if not seen.queue.item(folder).is_copy:  # what is done is done for the job it was copied from
        folder = seen.tries.last(folder.name) or folder
    now = folder.current()
    if now.state in ENDS:
        return folder, not seen.tries.may_come(folder, now)
    turn = next((t for t in seen.turns() if t.item.folder.path == folder.path), None)
    if turn and turn.standing in FOR_THE_USER:
        raise Stopped(f"{folder.name} stays in the queue ({turn.standing}): {turn.why}.")
    return folder, False
