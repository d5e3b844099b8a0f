"""A project's footage: what is listed and what is arriving, with its state and faces; out of the
project into its trash with its faces, and back; a contact sheet of a film."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from engine import discard
from engine.errors import BadInput, NothingToDo
from engine.launch import ask
from engine.project import Project, Source
from engine.protocol import safe_text
from fstui.commands.shared import (
    add_json,
    add_project,
    print_answer,
    project_of,
    say,
)
from fstui.model import words
from fstui.model.answers import ClipAnswer
from fstui.model.clips import Clip, Footage
from fstui.places import typed_path


def arguments(parser: argparse.ArgumentParser) -> None:
    """A verb, the project, and which footage."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    shown = verbs.add_parser("list", help="what is listed, what lies in the watched folders")
    remove = verbs.add_parser("remove", help="put footage with its faces into the project's trash")
    restore = verbs.add_parser("restore", help="take footage out of the trash (the newest)")
    sheet = verbs.add_parser("sheet", help="frames spread over a film in one JPEG")
    for verb in (shown, remove, restore, sheet):
        add_project(verb)
    remove.add_argument("names", nargs="+", metavar="NAME", help="as 'footage list' names it")
    remove.add_argument("--side", choices=("a", "b", "target"), help="only that of this side")
    remove.add_argument("--yes", action="store_true", help="without this it only shows")
    restore.add_argument("name", nargs="?", metavar="NAME", help="a file's, or the trash folder's")
    sheet.add_argument("name", metavar="NAME", help="as 'footage list' names it")
    sheet.add_argument("out", metavar="FILE", help="the JPEG; one that is there is replaced")
    add_json(shown, list[ClipAnswer])


def looks(args: argparse.Namespace) -> bool:
    """Whether the verb only looks; what removes only shows without --yes."""
    return args.verb == "list" or (args.verb == "remove" and not args.yes)


def run(args: argparse.Namespace) -> int:
    """Do what the verb says."""
    project = project_of(args)
    if args.verb == "list":
        show(project, args.json)
        return 0
    if args.verb == "remove":
        sources = [s for name in args.names for s in find(project, name, args.side)]
        remove(project, list(dict.fromkeys(sources)), args.yes)
    elif args.verb == "restore":
        back = discard.take_back(project, thrown(project, args.name))
        say(*(f"{shown_name(s.path)} is footage of side {s.side} again." for s in back))
    else:
        sheet(project, args.name, Path(args.out))
    return 0


def show(project: Project, in_json: bool) -> None:
    """Everything, side by side."""
    clips = Footage(project.path).look().clips
    if in_json:
        print_answer(list[ClipAnswer], [as_json(clip) for clip in clips])
        return
    for clip in clips:
        faces = f", {words.plural(clip.found.faces, 'face')}" if clip.found else ""
        why = f" ({clip.why})" if clip.why else ""
        where = clip.place or "beside the sides"
        size = words.size(clip.bytes)
        say(f"{where:8} {clip.state:10} {size:>9}  {shown_name(clip.path)}{faces}{why}")
    if not clips:
        say(f"{project.name} has no footage: 'add {project.typed} a|b|target PATH' lists some.")


def as_json(clip: Clip) -> dict[str, Any]:
    """One row."""
    return {
        "place": clip.place,
        "path": str(clip.path),
        "state": clip.state,
        "bytes": clip.bytes,
        "added": clip.source.added if clip.source else "",
        "why": clip.why,
        "found": clip.found._asdict() if clip.found else None,
    }


def remove(project: Project, sources: list[Source], yes: bool) -> None:
    """Say what goes, or move it."""
    weight = discard.weigh(project, sources)
    for source in sources:
        say(f"{source.side:8} {shown_name(source.path)}")
    what = f"{words.size(weight.bytes)} with {words.plural(weight.faces, 'face')}"
    if weight.outside:
        what += f"; {words.plural(weight.outside, 'file')} outside the project stays"
    if not yes:
        say(f"{what}. --yes puts it into the trash.")
        return
    folder = discard.discard(project, sources)
    say(f"{what}: in {folder} now, 'footage restore {project.typed}' takes it back.")


def find(project: Project, name: str, side: str | None = None) -> list[Source]:
    """Listed footage by its path or its file's name. Raises `BadInput` when there is none, or when
    the name is that of more than one file."""
    among = project.sources(side)
    hits = [s for s in among if name == s.path] or [s for s in among if name == Path(s.path).name]
    if len({(s.side, s.path) for s in hits}) == 1:
        return hits
    shown = safe_text(name)
    if hits:
        sides = ", ".join(f"{s.side} {safe_text(s.path)}" for s in hits)
        raise BadInput(f"'{shown}' is more than one: {sides}; name its path, or --side.")
    raise BadInput(
        f"No footage of {project.name} is called '{shown}': 'footage list {project.typed}' says "
        "what there is."
    )


def thrown(project: Project, name: str | None) -> Path:
    """Footage in the trash: the newest, or by a name. Raises `NothingToDo`, `BadInput`."""
    found = discard.thrown(project)
    if not found:
        raise NothingToDo(f"No footage is in the trash of {project.name}.")
    for folder, was in found:
        names = {folder.name, *(Path(s.path).name for s in was.sources)}
        if name is None or name in names:
            return folder
    known = ", ".join(shown_name(s.path) for _, was in found for s in was.sources)
    raise BadInput(f"'{safe_text(name or '')}' is not in the trash: there is {known}.")


def sheet(project: Project, name: str, out: Path) -> None:
    """Write the contact sheet."""
    path = project.source_path(find(project, name)[0])
    told = ask("contact", str(path), str(typed_path(str(out))))
    say(f"{told['path']}: {told['frames']} of {told['of']} frames.")


def shown_name(path: str | Path) -> str:
    """A file's name, safe to show."""
    return safe_text(Path(path).name)
