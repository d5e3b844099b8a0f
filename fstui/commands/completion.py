"""Print the script that lets the Tab key of a shell complete commands, flags, choices, projects
and jobs: eval "$(fstui completion bash)" in ~/.bashrc. 'words' is what the script asks."""

from __future__ import annotations

import argparse
import sys

from engine.protocol import jobs_of
from engine.queue.queue import Queue
from engine.workspace import projects_of
from fstui import completion, places
from fstui.commands.shared import say


def arguments(parser: argparse.ArgumentParser) -> None:
    """A shell, or `words projects|jobs [PROJECT]`."""
    verbs = parser.add_subparsers(dest="shell", metavar="SHELL", required=True)
    for shell in completion.SHELLS:
        verbs.add_parser(shell, help=f"the script for {shell}")
    words = verbs.add_parser("words", help="names, one a line")
    words.add_argument("what", choices=("projects", "jobs"))
    words.add_argument("project", metavar="PROJECT", nargs="?")


def run(args: argparse.Namespace) -> int:
    """Print it."""
    if args.shell in completion.SHELLS:
        from fstui import cli

        sys.stdout.write(completion.SHELLS[args.shell](cli.parser()))
        return 0
    workspace = places.workspace(args.workspace)
    if args.what == "projects":
        say(*sorted(path.name for path in projects_of(workspace)))
    elif args.project:
        say(*(job.name for job in jobs_of(places.project_path(args.project, workspace))))
    else:
        say(*(job.name for job in Queue(workspace).jobs()))
    return 0
