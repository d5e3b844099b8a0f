"""Ask something of the job that runs: pause, resume; of a training also save, snapshot, preview,
and slower, which halves the learning rate for the rest of it."""

from __future__ import annotations

import argparse

from fstui.commands.shared import add_project, project_of, say
from fstui.commands.stop import running_job
from fstui.model import jobs

VERBS = ("pause", "resume", "save", "snapshot", "preview", "slower")


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT VERB."""
    add_project(parser)
    parser.add_argument("verb", choices=VERBS, metavar="VERB", help=", ".join(VERBS))


def run(args: argparse.Namespace) -> int:
    """Send it and wait for the answer."""
    folder = running_job(project_of(args))
    jobs.tell(folder, args.verb)
    say(f"{folder.name}: {args.verb} is taken.")
    return 0
