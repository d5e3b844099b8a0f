"""What of a project can be removed, with sizes: what lies in its trash, training's cache of faces
(made again when needed), pieces of unfinished conversions (which then begin anew), folders of old
jobs. Only --yes removes; snapshots go when they are named. A running job's things stay."""

from __future__ import annotations

import argparse

from engine import clean
from engine.errors import UsageError
from fstui.commands.shared import (
    add_json,
    add_project,
    print_json,
    project_of,
    say,
)
from fstui.model import words
from fstui.model.answers import CleanAnswer, RemovableAnswer


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT and what."""
    add_project(parser)
    parser.add_argument(
        "--only",
        choices=clean.KINDS,
        action="append",
        help="only this kind (may be given again; default: all but snapshots)",
    )
    parser.add_argument(
        "--keep",
        type=int,
        default=clean.KEEP,
        metavar="N",
        help=f"ended jobs of each kind that stay (default {clean.KEEP})",
    )
    parser.add_argument("--yes", action="store_true", help="remove it")
    add_json(parser, CleanAnswer)


def looks(args: argparse.Namespace) -> bool:
    """Whether nothing is removed."""
    return not args.yes


def run(args: argparse.Namespace) -> int:
    """Show, and remove if that was said."""
    if args.keep < 1:
        raise UsageError("--keep is 1 or more: the newest job of a kind is what goes on.")
    project = project_of(args)
    found = clean.removable(project, tuple(args.only or clean.USUAL), args.keep)
    if args.yes:
        found = clean.remove(project, found)
    total = sum(one.bytes for one in found if not one.why_not)
    if args.json:
        rows = [
            RemovableAnswer(
                one.kind, str(one.path.relative_to(project.path)), one.bytes, one.why_not
            )
            for one in found
        ]
        print_json(CleanAnswer(project.name, rows, total, args.yes))
        return 0
    for one in found:
        stays = f"  (stays: {one.why_not})" if one.why_not else ""
        name = one.path.relative_to(project.path)
        say(f"{one.kind:9}  {words.size(one.bytes):>9}  {name}{stays}")
    done = "removed" if args.yes else f"can go: 'clean {project.typed} --yes' removes it"
    say(f"{words.size(total)} {done}" if total else f"Nothing of {project.name} needs to go.")
    return 0
