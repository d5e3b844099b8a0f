"""Write the kept faces of a side for other programs: fsa (faceswap's alignments), json (boxes and
landmarks), png (faceswap's face pictures). Rejected faces are left out."""

from __future__ import annotations

import argparse

from engine.launch import ask
from engine.project import SIDES
from fstui.commands.shared import add_project, project_of, say
from fstui.model import words
from fstui.places import typed_path


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT SIDE and the form."""
    add_project(parser)
    parser.add_argument("side", choices=SIDES, metavar="a|b|target")
    parser.add_argument("--to", choices=("fsa", "json", "png"), required=True, help="form")
    parser.add_argument("--out", metavar="DIR", help="folder (default: out/export/SIDE)")
    parser.add_argument("--media", metavar="NAME", default="", help="only this footage")


def run(args: argparse.Namespace) -> int:
    """Ask the engine, say what was written."""
    project = project_of(args)
    out = str(typed_path(args.out)) if args.out else ""
    answer = ask("export", str(project.path), args.side, args.to, out, args.media)
    say(*(f"Warning: {text}" for text in answer["warnings"]))
    say(f"{words.plural(answer['faces'], 'face')} of side {args.side}:", *answer["files"])
    return 0
