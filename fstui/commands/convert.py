"""Put B's face on A in all target footage, with the newest checkpoint. The target is extracted
before where that is not done. Ctrl-C stops; the next convert goes on from the last segment."""

from __future__ import annotations

import argparse

from engine.settings import ConvertSettings
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
    add_job_options(parser)
    add_settings(parser, ConvertSettings)


def run(args: argparse.Namespace) -> int:
    """Start the job and follow it."""
    from fstui.follow import start_and_follow
    from fstui.model import jobs

    require_writing(args)
    project = project_of(args)
    return start_and_follow(
        args, lambda: jobs.start_convert(project, device=args.device, **settings_of(args))
    )
