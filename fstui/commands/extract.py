"""Find, describe and crop faces of each side. What was extracted before is kept; a stopped or
killed extraction goes on from its last batch. Ctrl-C saves and stops."""

from __future__ import annotations

import argparse

from engine.project import SIDES
from engine.settings import ExtractSettings
from fstui.commands.shared import (
    add_job_options,
    add_project,
    add_settings,
    project_of,
    require_writing,
    settings_of,
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT and settings."""
    add_project(parser)
    parser.add_argument(
        "--side",
        choices=SIDES,
        action="append",
        default=[],
        help="only this side (may be given again; default: every side that has footage)",
    )
    add_job_options(parser)
    add_settings(parser, ExtractSettings)


def run(args: argparse.Namespace) -> int:
    """Start the job and follow it."""
    from fstui.follow import start_and_follow
    from fstui.model import jobs

    require_writing(args)
    project = project_of(args)
    sides = [s for s in SIDES if s in args.side]
    return start_and_follow(
        args,
        lambda: jobs.start_extract(project, sides, device=args.device, **settings_of(args)),
    )
