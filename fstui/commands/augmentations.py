"""Write one labelled picture of what training makes of the faces: some of each side through each
step alone (colour, CLAHE, affine, flip, warps), through all together, and the target and mask that
the network is held against. A step that is off in the settings says so."""

from __future__ import annotations

import argparse

from engine.launch import ask
from fstui.commands.shared import add_project, project_of, say
from fstui.places import typed_path


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT and where the picture goes."""
    add_project(parser)
    parser.add_argument(
        "--out", metavar="FILE", help="JPEG (default: out/augmentations.jpg of the project)"
    )


def run(args: argparse.Namespace) -> int:
    """Ask the engine, say where the picture lies."""
    project = project_of(args)
    out = str(typed_path(args.out)) if args.out else ""
    answer = ask("augmentations", str(project.path), out)
    say(answer["path"], f"columns: {', '.join(answer['columns'])}")
    return 0
