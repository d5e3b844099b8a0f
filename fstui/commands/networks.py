"""What can be trained: every network with its sizes, weights and options, or all about one. Options
are given to train as in --options lowmem=yes,nodes=512."""

from __future__ import annotations

import argparse
from typing import Any

from engine.launch import ask
from fstui.commands.shared import add_json, print_answer, say
from fstui.model.answers.engine import NetworkAnswer


def arguments(parser: argparse.ArgumentParser) -> None:
    """[NAME]."""
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="all about this one")
    add_json(parser, list[NetworkAnswer])


def run(args: argparse.Namespace) -> int:
    """Print one line for each network, or many for one."""
    rows: list[dict[str, Any]] = ask("networks", *([args.name] if args.name else []))
    if args.json:
        print_answer(list[NetworkAnswer], rows)
    elif args.name:
        say(*lines(rows[0]))
    else:
        say(*(line(row) for row in rows))
    return 0


def line(row: dict[str, Any]) -> str:
    """Name, sizes, weights and the options' names."""
    options = ", ".join(option["name"] for option in row["options"])
    with_options = f"  options: {options}" if options else ""
    return f"{row['name']:12} {_sizes(row):26} {row['weights']:>12,} weights{with_options}"


def lines(row: dict[str, Any]) -> list[str]:
    """All about one network."""
    mask = row["weights_with_mask"]
    parts = ", ".join(f"{name} {count:,}" for name, count in row["parts"].items())
    habits = row["habits"]
    end = "falls to the end" if habits["decay"] else "stays"
    return [
        *row["about"].splitlines(),
        "",
        f"Sizes: {_sizes(row)}",
        f"Weights: {row['weights']:,} ({parts})",
        f"With a learnt mask: {mask:,}" if mask else "It learns no mask.",
        f"Trained with: {habits['loss']}; learning rate {habits['learning_rate']:g}, which {end}",
        *(["Options:"] if row["options"] else ["It has no options."]),
        *(f"  {option['name']:22} {_words(option)}" for option in row["options"]),
    ]


def _sizes(row: dict[str, Any]) -> str:
    outputs = ", ".join(str(size) for size in row["outputs"])
    return f"{row['input']} px in, {outputs} px out"


def _words(option: dict[str, Any]) -> str:
    steps = f", in steps of {option['multiple_of']:g}" if option["multiple_of"] else ""
    bounds = f" ({option['bounds']}{steps})" if option["bounds"] else ""
    default = option["default"]
    if isinstance(default, bool):
        default = "yes" if default else "no"
    return f"{option['help']}{bounds}; default {default}"
