"""The main job on sample footage of a woman and a man: extract both, train, convert, and show
where the result is. Run again it goes on from what is there."""

from __future__ import annotations

import argparse

from engine.errors import Exit
from fstui.commands.shared import say

TRAINING_S = 300.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """How long to train."""
    parser.add_argument(
        "--seconds",
        type=float,
        default=TRAINING_S,
        metavar="S",
        help=f"training time of all runs together in seconds (default {TRAINING_S:g})",
    )


def run(args: argparse.Namespace) -> int:
    """Prepare, run the job, print the result."""
    from fstui import places
    from fstui.follow import Interrupts, follow
    from fstui.model import demo

    project = demo.prepare(places.workspace(args.workspace), say)
    with Interrupts() as interrupts:
        job = demo.start(project, args.seconds)
        code = follow(job, interrupts) if job else Exit.DONE
    made = demo.result(project)
    if code == Exit.DONE and made:
        say(*demo.words(made))
    return int(code)
