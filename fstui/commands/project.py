"""Whole projects: rename, duplicate, archive, trash, and back again. None while a job runs; what is
in the trash comes back with 'restore', and goes for good with 'empty'."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine import shelf
from engine.disk import disk_use
from engine.errors import BadInput, NothingToDo
from engine.protocol import safe_text
from engine.shelf import Kept, Place
from fstui import places
from fstui.commands.shared import add_json, add_project, print_answer, say
from fstui.model.answers import KeptAnswer
from fstui.model.words import size


def arguments(parser: argparse.ArgumentParser) -> None:
    """A verb, and the project."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    rename = verbs.add_parser("rename", help="give it another name")
    copy = verbs.add_parser("duplicate", help="a second one with the same footage and faces")
    archive = verbs.add_parser("archive", help="put it into the workspace's archive/")
    trash = verbs.add_parser("trash", help="put it into the workspace's trash/")
    restore = verbs.add_parser("restore", help="take it out of archive/ or trash/")
    kept = verbs.add_parser("list", help="what is in archive/ and trash/, with sizes")
    empty = verbs.add_parser("empty", help="delete what is in trash/ for good")
    for verb in (rename, copy, archive, trash):
        add_project(verb)
    restore.add_argument("name", metavar="NAME", help="as 'project list' names it")
    for verb in (rename, copy):
        verb.add_argument("new", metavar="NAME", help="the new name")
    copy.add_argument("--model", action="store_true", help="with the trained model")
    restore.add_argument("--as", dest="new", metavar="NAME", default="", help="another name")
    empty.add_argument("names", nargs="*", metavar="NAME", help="only these")
    empty.add_argument("--yes", action="store_true", help="without this it only shows")
    add_json(kept, list[KeptAnswer])


def looks(args: argparse.Namespace) -> bool:
    """Whether the verb only looks; what deletes only shows without --yes."""
    return args.verb == "list" or (args.verb == "empty" and not args.yes)


def run(args: argparse.Namespace) -> int:
    """Do what the verb says."""
    workspace = places.workspace(args.workspace)
    if args.verb == "list":
        show(workspace, args.json)
        return 0
    if args.verb == "restore":
        aim = shelf.take_out(find(workspace, args.name).path, args.new)
        say(f"{aim.name} is back in {workspace}.")
    elif args.verb == "empty":
        empty(workspace, args.names, args.yes)
    else:
        change(args.verb, places.project_path(args.project, workspace), args)
    return 0


def change(verb: str, path: Path, args: argparse.Namespace) -> None:
    """Rename, duplicate or put away."""
    if verb == "rename":
        say(f"{path.name} is {shelf.rename(path, args.new).name} now.")
    elif verb == "duplicate":
        aim, linked = shelf.duplicate(path, args.new, model=args.model)
        how = "shares its large files" if linked else "is a full copy"
        say(f"{aim.name} {how}: {size(disk_use(aim))}.")
    else:
        place: Place = "archive" if verb == "archive" else "trash"
        aim = shelf.put_away(path, place)
        say(f"{path.name} is in {aim.parent} now: 'project restore {aim.name}' takes it out.")


def find(workspace: Path, name: str, place: Place | None = None) -> Kept:
    """A project that was put away, by its name; `trash/NAME` where both places have one. Raises
    `BadInput`."""
    found = [
        k
        for k in shelf.kept(workspace)
        if name in (k.name, f"{k.place}/{k.name}") and place in (None, k.place)
    ]
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"{k.place}/{k.name}" for k in shelf.kept(workspace)) or "nothing"
    problem = "Two projects are" if found else "Nothing in archive/ or trash/ is"
    raise BadInput(f"{problem} called '{safe_text(name)}': there is {safe_text(known)}.")


def show(workspace: Path, in_json: bool) -> None:
    """What was put away."""
    found = shelf.kept(workspace)
    rows = [
        {"place": k.place, "name": k.name, "path": str(k.path), "bytes": disk_use(k.path)}
        for k in found
    ]
    if in_json:
        print_answer(list[KeptAnswer], rows)
        return
    say(*(f"{k.place}/{k.name}  {size(r['bytes'])}" for k, r in zip(found, rows, strict=True)))  # type: ignore[arg-type]
    if not found:
        say(f"Nothing is in the archive or the trash of {workspace}.")


def empty(workspace: Path, names: list[str], yes: bool) -> None:
    """Show, or delete with --yes. Raises `NothingToDo` for an empty trash."""
    found = [find(workspace, name, "trash") for name in names] or [
        k for k in shelf.kept(workspace) if k.place == "trash"
    ]
    if not found:
        raise NothingToDo(f"The trash of {workspace} is empty.")
    for one in found:
        if yes:
            say(f"{one.name} is deleted: {size(shelf.remove(one.path))}.")
        else:
            say(f"{one.name}  {size(disk_use(one.path))}")
    if not yes:
        say("--yes deletes this for good.")
