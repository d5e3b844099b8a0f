"""Tell what a training with these settings would need: memory, disk and time, foretold from its
graph and tried for a few steps. Nothing is trained and nothing is written."""

from __future__ import annotations

import argparse
import json
from typing import Any

from engine import settings
from engine.launch import ask
from engine.settings import TrainSettings
from fstui.commands.shared import (
    add_json,
    add_project,
    add_settings,
    print_answer,
    project_of,
    say,
    settings_of,
)
from fstui.model import words
from fstui.model.answers.engine import EstimateAnswer


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT and settings of a training."""
    add_project(parser)
    add_json(parser, EstimateAnswer)
    add_settings(parser, settings.fields(TrainSettings))


def run(args: argparse.Namespace) -> int:
    """Ask the engine and print."""
    told: dict[str, Any] = ask(
        "estimate", str(project_of(args).path), json.dumps(settings_of(args))
    )
    if args.json:
        print_answer(EstimateAnswer, told)
    else:
        say(*_lines(told))
    return 0


def _lines(told: dict[str, Any]) -> list[str]:
    """Foretold figures, each with what the trial came to."""
    free = told["free_memory_mib"]
    left = words.duration(told["iterations_left"] * told["tried_s_per_iteration"])
    return [
        f"{told['model']}, {told['batch']} faces of each side at once",
        f"memory  {told['memory_mib']} MiB foretold, {told['tried_memory_mib']} MiB in the trial"
        + (f", {free} MiB free now" if free is not None else ""),
        f"disk    {told['disk_mib']} MiB for all saves ({told['save_mib']} MiB each), "
        f"{told['free_disk_mib']} MiB free",
        f"time    {told['s_per_iteration']} s an iteration foretold, "
        f"{told['tried_s_per_iteration']} s in the trial: "
        f"{left} for {told['iterations_left']} iterations",
    ]
