"""Check this machine: terminal, tmux, GPU, TensorFlow, disk, limits, weights. --fetch downloads
the weights that are missing. The exit code is 10 when weights are missing, 13 when something
else that is needed is, else 0."""

from __future__ import annotations

import argparse

from engine import packs
from engine.errors import Exit
from fstui import places
from fstui.commands.shared import add_json, print_json, say
from fstui.model import checkup
from fstui.model.answers import FindingAnswer


def arguments(parser: argparse.ArgumentParser) -> None:
    """Flags."""
    add_json(parser, list[FindingAnswer])
    parser.add_argument(
        "--fetch", action="store_true", help="download the weights that are missing"
    )


def looks(args: argparse.Namespace) -> bool:
    """Whether nothing is fetched."""
    return not args.fetch


def run(args: argparse.Namespace) -> int:
    """Fetch if asked to, then look and print."""
    if args.fetch:
        packs.fetch(packs.NETWORKS, say)
    colour = "none" if args.color == "never" else "auto"
    found = checkup.findings(places.workspace(args.workspace), colour=colour)
    if args.json:
        print_json(found)
    else:
        say(*map(checkup.line_of, found))
    bad = {f.name for f in found if f.verdict == "bad"}
    if bad == {"weights"}:
        return int(Exit.MODEL_MISSING)
    return int(Exit.NOT_POSSIBLE if bad else Exit.DONE)
