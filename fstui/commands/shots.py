"""Give a clip of the target other settings from a frame on, until its next shot begins. Without a
clip all shots are listed. 'convert' uses them; frames that none covers have convert's settings."""

from __future__ import annotations

import argparse

from engine.convert.shots import (
    Shot,
    begin_shots,
    read_shots,
    remove_shot,
    set_shot,
)
from engine.errors import UsageError
from engine.settings import ConvertSettings, fields
from fstui.commands.shared import (
    add_project,
    add_settings,
    project_of,
    say,
    settings_of,
)
from fstui.model.cuts import find_cuts, footage_of
from fstui.model.words import plural

OF_SHOTS = [field for field in fields(ConvertSettings) if field.live]


def arguments(parser: argparse.ArgumentParser) -> None:
    """PROJECT [CLIP] and what to do."""
    add_project(parser)
    parser.add_argument("clip", metavar="CLIP", nargs="?", help="a clip of the target by its name")
    verbs = parser.add_mutually_exclusive_group()
    verbs.add_argument(
        "--from", dest="first", type=int, metavar="FRAME", help="set: from this frame on (from 1)"
    )
    verbs.add_argument("--remove", type=int, metavar="FRAME", help="the shot that begins there")
    verbs.add_argument(
        "--find", action="store_true", help="look for cuts; begin a shot at each that has none"
    )
    add_settings(parser, OF_SHOTS)


def looks(args: argparse.Namespace) -> bool:
    """Whether the shots are only listed."""
    changes = args.first is not None or args.remove is not None or args.find
    return not changes and not settings_of(args)


def run(args: argparse.Namespace) -> int:
    """Do it, then list the shots."""
    project = project_of(args)
    values = settings_of(args)
    if not looks(args):
        if not args.clip:
            raise UsageError("Name the clip: 'shots PROJECT CLIP --from 120 --colour mkl'.")
        if values and args.first is None:
            raise UsageError("Name the frame that the settings begin at, as in --from 120.")
        footage_of(project, args.clip)
        if args.first is not None:
            set_shot(project, args.clip, args.first - 1, values)
        elif args.remove is not None:
            remove_shot(project, args.clip, args.remove - 1)
        else:
            found = find_cuts(project, args.clip)
            begin_shots(project, args.clip, found)
            say(f"{plural(len(found), 'cut')} found in {args.clip}.")
    _list(read_shots(project), args.clip)
    return 0


def _list(shots: dict[str, list[Shot]], clip: str | None) -> None:
    """A line a shot."""
    wanted = {clip: shots.get(clip, [])} if clip else shots
    for name, found in wanted.items():
        for shot in found:
            values = ", ".join(f"{key} {value}" for key, value in shot.settings.items())
            say(f"{name} from frame {shot.first + 1}: {values or 'as the job'}")
    if not any(wanted.values()):
        say(f"No shots{f' in {clip}' if clip else ''}: all frames have convert's settings.")
