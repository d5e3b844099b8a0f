"""Help on a command or a verb of one, or on the exit codes with 'help exit-codes'."""

from __future__ import annotations

import argparse

from engine.errors import EXIT_MEANINGS
from fstui.commands import COMMANDS
from fstui.commands.shared import say


def arguments(parser: argparse.ArgumentParser) -> None:
    """[TOPIC [VERB]]."""
    parser.add_argument(
        "topic", nargs="?", choices=(*COMMANDS, "exit-codes"), metavar="COMMAND|exit-codes"
    )
    parser.add_argument("verb", nargs="?", metavar="VERB", help="as in 'help queue move'")


def run(args: argparse.Namespace) -> int:
    """Print it."""
    if args.topic == "exit-codes":
        say(*(f"{int(code):3} {meaning}" for code, meaning in EXIT_MEANINGS.items()))
        return 0
    from fstui import cli

    cli.parser().parse_args([*filter(None, (args.topic, args.verb)), "--help"])
    return 0
