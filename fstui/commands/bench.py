"""Measure a stage on this machine. Figures are ratios and rates of one run."""

from __future__ import annotations

import argparse
from typing import Any

from engine.errors import UsageError
from engine.launch import ask
from fstui.commands.shared import add_json, print_answer, say
from fstui.model.answers.engine import BenchAnswer


def arguments(parser: argparse.ArgumentParser) -> None:
    """STAGE."""
    parser.add_argument("stage", metavar="STAGE", help="extract, train, data, convert or faces")
    parser.add_argument("--model", metavar="NAME", help="train: this network alone")
    parser.add_argument("--batch", type=int, metavar="N", help="train: faces of each side")
    add_json(parser, BenchAnswer)


def run(args: argparse.Namespace) -> int:
    """Measure and print."""
    what: list[str] = []
    if args.stage == "train":
        batch = [str(args.batch)] if args.batch else []
        what = [args.model or "", *batch]
    elif args.model or args.batch:
        raise UsageError("--model and --batch go with 'bench train'.")
    figures: dict[str, Any] = ask("bench", args.stage, *what)
    if args.json:
        print_answer(BenchAnswer, figures)
    else:
        say(*(f"{name:30} {_words(value)}" for name, value in figures.items()))
    return 0


def _words(value: Any) -> str:
    """A figure, or a part's figures in one line."""
    if isinstance(value, dict):
        return " · ".join(f"{name} {figure}" for name, figure in value.items())
    return str(value)
