"""Put B's face on A in all target footage, with the newest checkpoint. The target is extracted
before where that is not done. Ctrl-C stops; the next convert goes on from the last segment."""

from __future__ import annotations

import argparse

from engine.settings import ConvertSettings
from fstui.commands.shared import stage_arguments, start_stage


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT and settings."""
    stage_arguments(parser, ConvertSettings)


def run(args: argparse.Namespace) -> int:
    """Start the job and follow it."""
    from fstui.model import jobs

    return start_stage(args, jobs.start_convert)
