"""Show frames of the target as convert would make them, with any of its settings: before and
after. The engine stays loaded between two previews, so that the second one takes a moment; it goes
after ten minutes in which nobody asked. It may run beside a training, and always takes the newest
checkpoint. What is no setting of the picture (a codec, the quality) is checked, but not shown."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import msgspec

from engine.convert.request import SHOWS, frames_of, has_range, request_of
from engine.errors import BadInput, NothingToDo, UsageError
from engine.project import Project
from engine.protocol import write_atomic
from engine.settings import ConvertSettings, fields
from fstui import terminal
from fstui.commands.shared import (
    add_json,
    add_project,
    add_settings,
    print_answer,
    project_of,
    say,
    settings_of,
)
from fstui.commands.stop import stop_in_order
from fstui.model import jobs, preview
from fstui.model.answers.engine import PreviewAnswer
from fstui.places import typed_path

OWN = frozenset({"clips", "frames"})
"""Settings of convert whose place the preview's own words take."""
SUFFIXES = (".jpg", ".jpeg")


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT, what is shown, and convert's settings."""
    add_project(parser)
    parser.add_argument("--clip", metavar="NAME", help="of the target (default: the first one)")
    parser.add_argument(
        "--frames",
        metavar="N,N",
        help="counted from 1, as 10,20 or 40-400; more than one make a strip (default: the middle "
        "one with a face)",
    )
    parser.add_argument(
        "--show",
        choices=SHOWS,
        default="both",
        help="both: before and after; swap, before, mask; all three (default both)",
    )
    parser.add_argument("--close", action="store_true", help="only what is around the largest face")
    parser.add_argument("--out", metavar="FILE", help="write the picture there too, as a JPEG")
    add_json(parser, PreviewAnswer, "what was made, as JSON")
    parser.add_argument("--stop", action="store_true", help="end the engine that stays loaded")
    add_settings(parser, [field for field in fields(ConvertSettings) if field.name not in OWN])


def run(args: argparse.Namespace) -> int:
    """Ask for the picture, say where it lies, show it where there is a terminal."""
    project, values = project_of(args), settings_of(args)
    if args.stop:
        return _stop(project, args, values)
    out = _out(args.out)
    request = request_of(
        {
            "clip": args.clip or "",
            "frames": frames_of(args.frames) if args.frames else [],
            "near": has_range(args.frames or ""),
            "settings": jobs.checked(project, "convert", values),
            "show": args.show,
            "close": args.close,
        }
    )
    made = preview.look(project, request)
    if out:
        write_atomic(out, Path(made.path).read_bytes())
    if args.json:
        told = {**msgspec.to_builtins(made), "out": str(out) if out else None}
        print_answer(PreviewAnswer, told)
        return 0
    if sys.stdout.isatty():
        _show(Path(made.path), args.ascii)
    say(str(out or made.path))
    frames = ", ".join(map(str, made.frames))
    say(f"{made.media}, frame {frames} of {made.of}, {made.model}: {made.seconds} s")
    return 0


def _out(given: str | None) -> Path | None:
    """Where the picture is wanted too. Raises `BadInput` before anything is made."""
    if not given:
        return None
    out = typed_path(given)
    if out.suffix.lower() not in SUFFIXES:
        raise BadInput(f"The picture is a JPEG: let {out.name} end with .jpg.")
    if not out.parent.is_dir():
        raise BadInput(f"There is no folder {out.parent}: make it, or name another --out.")
    return out


def _show(picture: Path, ascii_only: bool) -> None:
    from fstui.graphics import in_protocol, print_cells  # rich's console takes its time

    facts = terminal.look(ascii_only=ascii_only)
    if written := in_protocol(picture, facts.graphics):
        print(written)
    else:
        print_cells(picture, facts.ascii_only)


def _stop(project: Project, args: argparse.Namespace, values: dict[str, Any]) -> int:
    if values or args.clip or args.frames or args.out:
        raise UsageError("--stop ends the preview: give it nothing to show.")
    folder = preview.running(project)
    if folder is None:
        raise NothingToDo(f"No preview of {project.name} is running: there is nothing to stop.")
    stop_in_order(folder)
    end = folder.current()
    say(f"{folder.name} {end.state}: {end.message}")
    return 0
