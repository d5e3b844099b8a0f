"""What can be trained: every network with its sizes, weights and options, or all about one. Options
are given to train as in --options lowmem=yes,nodes=512."""

from __future__ import annotations

import argparse
from typing import Any

from engine.launch import ask
from fstui.commands.shared import add_json, print_answer, say
from fstui.model.answers.engine import NetworkAnswer
from fstui.model.networks import line, lines, listed


def arguments(parser: argparse.ArgumentParser) -> None:
    """[NAME]."""
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="all about this one")
    add_json(parser, list[NetworkAnswer])


def run(args: argparse.Namespace) -> int:
    """Print one line for each network, or many for one."""
    rows: list[dict[str, Any]] = ask("networks", args.name) if args.name else listed()
    if args.json:
        print_answer(list[NetworkAnswer], rows)
    elif args.name:
        say(*lines(rows[0]))
    else:
        say(*(line(row) for row in rows))
    return 0
