"""Take in footage as it arrives: in media/a, media/b and media/target of a project, in media/inbox,
which is sorted by whom it shows, and in folders outside that project.toml names. A file counts once
it stands still and can be read to its end; recipes of project.toml go on from there. 'arrivals',
'inbox' and 'recipes' tell of it; docs/automation.md explains it."""

from __future__ import annotations

import argparse

from engine.settings import WatchSettings, fields
from fstui.commands.shared import (
    add_project,
    add_settings,
    project_of,
    settings_of,
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT and settings."""
    add_project(parser)
    parser.add_argument(
        "--detach", action="store_true", help="return at once; it watches after log-out too"
    )
    add_settings(parser, fields(WatchSettings))


def run(args: argparse.Namespace) -> int:
    """Start the watching job and follow it."""
    from fstui.follow import start_and_follow
    from fstui.model import jobs

    project = project_of(args)
    return start_and_follow(args, lambda: jobs.start_watch(project, **settings_of(args)))
