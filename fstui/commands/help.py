"""Help on a command, or on the exit codes with 'help exit-codes'."""

from __future__ import annotations

import argparse

from engine.errors import EXIT_MEANINGS
from fstui.commands import COMMANDS
from fstui.commands.shared import say


def arguments(parser: argparse.ArgumentParser) -> None:
    """[TOPIC]."""
    parser.add_argument(
        "topic", nargs="?", choices=(*COMMANDS, "exit-codes"), metavar="COMMAND|exit-codes"
    )


def run(args: argparse.Namespace) -> int:
    """Print it."""
    if args.topic == "exit-codes":
        say(*(f"{int(code):3} {meaning}" for code, meaning in EXIT_MEANINGS.items()))
        return 0
    from fstui import cli

    words = [args.topic, "--help"] if args.topic else ["--help"]
    cli.parser().parse_args(words)
    return 0
