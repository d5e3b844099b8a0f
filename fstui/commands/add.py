"""List footage of a side: a is the person replaced, b the person put in, target what is converted.

Each file is opened by the engine first; when one can't be used nothing is added."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from engine.project import SIDES, Project
from engine.protocol import safe_text
from fstui.commands.shared import add_project, project_of, say
from fstui.model import footage, words
from fstui.model.media import describe


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT SIDE PATH..."""
    add_project(parser)
    parser.add_argument("side", choices=SIDES, metavar="a|b|target")
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="a video, a picture, or a folder of them"
    )
    parser.add_argument(
        "--copy", action="store_true", help="copy it into the project (else it is used in place)"
    )


def run(args: argparse.Namespace) -> int:
    """Check all of it, add it, say what each is."""
    project = project_of(args)
    paths = [Path(p) for p in args.paths]
    looked, new = footage.add(project, args.side, paths, copy=args.copy)
    for one in looked:
        say(f"{one.path}: {describe(one.facts)}")
        if one.warning:
            say(f"Warning: {one.warning}")
    say(summary(project, args.side, new, len(looked)))
    return 0


def summary(project: Project, side: str, new: int, given: int) -> str:
    """How much was new."""
    now = len(project.sources(side))
    known = f", {given - new} of them listed already" if new < given else ""
    return (
        f"Side {side} of {safe_text(project.name)} has {words.plural(now, 'source')} "
        f"({words.plural(new, 'new one')}{known}). Next: 'extract {shlex.quote(project.name)}'."
    )
