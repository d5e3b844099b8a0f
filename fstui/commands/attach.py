"""Follow a job to its end. Ctrl-C asks it to save and stop, a second Ctrl-C leaves it to that."""

from __future__ import annotations

import argparse
from shlex import quote

from engine.errors import NothingToDo
from engine.protocol import ENDS
from fstui.commands.shared import add_project, job_of


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT [JOB]."""
    add_project(parser)
    parser.add_argument(
        "job",
        metavar="JOB",
        nargs="?",
        help="a part of its name: the newest that has it (default: the one that runs)",
    )


def run(args: argparse.Namespace) -> int:
    """Follow it; the exit code is the job's."""
    from fstui.follow import Interrupts, ending, follow

    folder = job_of(args)
    snapshot = folder.current()
    if snapshot.state in ENDS:
        return ending(folder, snapshot)
    if folder.never_began:
        raise NothingToDo(
            f"{folder.name} waits in the queue: 'queue list' says for what, "
            f"'wait {quote(folder.project.name)}' waits with it."
        )
    interrupts, offset = Interrupts(), folder.events_size
    if args.readonly:  # Ctrl-C ends the following and nothing else
        return follow(folder, interrupts, offset)
    with interrupts:
        return follow(folder, interrupts, offset)
