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

MIB = 2**20


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
    left, each = told["iterations_left"], told["tried_s_per_iteration"]
    end = "none are left: give more --iterations"
    if left:
        end = f"{words.duration(left * each)} for the {words.count(left)} that are left"
    return [
        f"{told['model']}, a batch of {words.plural(told['batch'], 'face')} of each side",
        f"memory  {_size(told['memory_mib'])} foretold, {_size(told['tried_memory_mib'])} when "
        f"tried{f'; {_size(free)} are free' if free is not None else ''}",
        f"disk    {_size(told['disk_mib'])} for all saves that are kept, {_size(told['save_mib'])} "
        f"each; {_size(told['free_disk_mib'])} are free",
        f"time    {_time(told['s_per_iteration'])} an iteration foretold, {_time(each)} when "
        f"tried; {end}",
    ]


def _size(mib: int) -> str:
    return words.size(mib * MIB)


def _time(seconds: float) -> str:
    """`62 ms`, `1.48 s`."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"
