"""Take in faces that another program found: faceswap's .fsa (2.0 to 2.4) or a folder of its face
PNGs, DeepFaceLab's aligned JPEGs, or JSON. Crops are cut anew from the side's footage, which must
be listed before. Nothing in a file is ever run."""

from __future__ import annotations

import argparse

from engine.project import SIDES
from fstui.commands.shared import add_project, project_of
from fstui.places import typed_path


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT SIDE FILE."""
    add_project(parser)
    parser.add_argument("side", choices=SIDES, metavar="a|b|target")
    parser.add_argument(
        "file", metavar="FILE", help="a .fsa, a .json, or a folder of face pictures"
    )
    parser.add_argument("--media", metavar="NAME", default="", help="the footage it belongs to")
    parser.add_argument(
        "--replace", action="store_true", help="throw away faces that the footage has already"
    )
    parser.add_argument(
        "--detach", action="store_true", help="return at once and let the job run by itself"
    )


def run(args: argparse.Namespace) -> int:
    """Start the job and follow it."""
    from fstui.follow import start_and_follow
    from fstui.model import jobs

    project = project_of(args)
    file = typed_path(args.file)
    return start_and_follow(
        args,
        lambda: jobs.start_import(project, args.side, file, args.media, replace=args.replace),
    )
