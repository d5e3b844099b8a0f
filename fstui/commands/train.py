"""Learn both faces: one shared encoder, a decoder for each side. It goes on from the last
checkpoint. Ctrl-C saves and stops; a lost terminal stops nothing."""

from __future__ import annotations

import argparse

from engine.settings import TrainSettings
from fstui.commands.shared import stage_arguments, start_stage


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT and settings."""
    stage_arguments(parser, TrainSettings)


def run(args: argparse.Namespace) -> int:
    """Start the job and follow it."""
    from fstui.model import jobs

    return start_stage(args, jobs.start_train)
