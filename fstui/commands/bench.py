"""Measure a stage on this machine. Figures are ratios and rates of one run."""

from __future__ import annotations

import argparse
import json
from typing import Any

from engine.launch import ask
from fstui.commands.shared import say


def arguments(parser: argparse.ArgumentParser) -> None:
    """STAGE."""
    parser.add_argument("stage", metavar="STAGE", help="extract, train or convert")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    figures: dict[str, Any] = ask("bench", args.stage)
    if args.json:
        print(json.dumps(figures, indent=2))
    else:
        say(*(f"{name:30} {value}" for name, value in figures.items()))
    return 0
