"""Find, describe and crop faces of each side. What was extracted before is kept; a stopped or
killed extraction goes on from its last batch. Ctrl-C saves and stops."""

from __future__ import annotations

import argparse

from engine.project import SIDES
from engine.settings import ExtractSettings
from fstui.commands.shared import stage_arguments, start_stage


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT and settings."""
    stage_arguments(parser, ExtractSettings)
    parser.add_argument(
        "--side",
        choices=SIDES,
        action="append",
        default=[],
        help="only this side (may be given again; default: every side that has footage)",
    )


def run(args: argparse.Namespace) -> int:
    """Start the job and follow it."""
    from fstui.model import jobs

    sides = [s for s in SIDES if s in args.side]
    return start_stage(args, lambda project, **words: jobs.start_extract(project, sides, **words))
