"""Make a video of the pictures that 'train PROJECT --timelapse' keeps at every save: the same
faces, from the first save to the last. It goes into the project's out/, marked like all that is
made."""

from __future__ import annotations

import argparse

from engine.launch import ask
from fstui.commands.shared import add_project, project_of, say
from fstui.model import words


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT, rate and name."""
    add_project(parser)
    parser.add_argument(
        "--fps", type=int, metavar="N", default=10, help="frames a second (default 10)"
    )
    parser.add_argument(
        "--out", metavar="FILE", default="timelapse.mp4", help="in out/ (default timelapse.mp4)"
    )


def run(args: argparse.Namespace) -> int:
    """Ask the engine, say what was made."""
    project = project_of(args)
    film = ask("timelapse", str(project.path), str(args.fps), args.out)
    say(
        f"{film['path']}: {words.plural(film['frames'], 'frame')} up to iteration "
        f"{words.count(film['iteration'])}."
    )
    return 0
