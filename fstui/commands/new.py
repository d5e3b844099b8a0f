"""Make a project: a folder in the workspace with a place for each side's footage."""

from __future__ import annotations

import argparse
from shlex import quote

from engine.project import Project
from fstui import places
from fstui.commands.shared import say


def arguments(parser: argparse.ArgumentParser) -> None:
    """NAME."""
    parser.add_argument("name", metavar="NAME", help="the project's name, also its folder's")


def run(args: argparse.Namespace) -> int:
    """Make it and say what comes next."""
    project = Project.create(places.workspace(args.workspace), args.name)
    say(
        f"Made {project.path}.",
        f"Next: 'add {quote(project.name)} a PATH' with footage of the person to be replaced, then "
        "side b with the person put in, then target with what shall be converted.",
    )
    return 0
