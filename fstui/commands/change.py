"""Change settings of the training that runs; it goes on with them, and a resumed one keeps them."""

from __future__ import annotations

import argparse

from engine.errors import UsageError
from engine.settings import TrainSettings, fields
from fstui.commands.shared import (
    add_project,
    add_settings,
    project_of,
    say,
    settings_of,
)
from fstui.commands.stop import running_job
from fstui.model import jobs

LIVE = [field for field in fields(TrainSettings) if field.live]


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT and the settings that can change."""
    add_project(parser)
    add_settings(parser, LIVE)


def run(args: argparse.Namespace) -> int:
    """Send them and wait for the answer."""
    values = settings_of(args)
    if not values:
        raise UsageError("Name what should change, as in 'change PROJECT --learning-rate 1e-5'.")
    folder = running_job(project_of(args), "train")
    jobs.change(folder, values)
    said = ", ".join(f"{name} {value}" for name, value in values.items())
    say(f"{folder.name} goes on with {said}.")
    return 0
