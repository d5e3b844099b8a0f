"""Settings for good: your own, or with --project a project's defaults for its stages, as in
'settings set train.batch 8 --project film'. Each is checked by its one definition."""

from __future__ import annotations

import argparse

from engine.errors import UsageError
from engine.project import Project
from engine.protocol import safe_text
from fstui.commands.shared import add_json, print_json, project_of, say
from fstui.model import presets
from fstui.model.answers import SettingAnswer
from fstui.model.preferences import (
    answers,
    change,
    field_of,
    names,
    shown,
    value_of,
    wrong_place,
)
from fstui.model.words import plural
from fstui.nearest import did_you_mean


def arguments(parser: argparse.ArgumentParser) -> None:
    """list, get NAME, set NAME VALUE..., unset NAME or preset VERB NAME."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    rows = verbs.add_parser("list", help="all of them, or those whose name begins so")
    rows.add_argument("name", metavar="NAME", nargs="?", default="")
    add_json(rows, list[SettingAnswer])
    get = verbs.add_parser("get", help="the value alone")
    put = verbs.add_parser("set", help="a value; a program with its words for a hook")
    unset = verbs.add_parser("unset", help="back to the default")
    for verb in (get, put, unset):
        verb.add_argument("name", metavar="NAME", choices=names())
    put.add_argument(
        "value", metavar="VALUE", nargs="+", help="put -- before words that begin with a dash"
    )
    for verb in (rows, get, put, unset):
        verb.add_argument("--project", metavar="PROJECT", help="a project's, not your own")
    preset = verbs.add_parser("preset", help="settings under a name: list, save, load, remove")
    preset.add_argument("act", metavar="VERB", choices=("list", "save", "load", "remove"))
    preset.add_argument("preset", metavar="NAME", nargs="?", default="")
    preset.add_argument("--project", metavar="PROJECT", help="whose settings; into which they go")
    preset.add_argument("--replace", action="store_true", help="save over one of that name")


def looks(args: argparse.Namespace) -> bool:
    """Whether the verb only looks."""
    return args.verb in ("list", "get") or (args.verb == "preset" and args.act == "list")


def run(args: argparse.Namespace) -> int:
    """Show or change."""
    project = project_of(args) if args.project else None
    if args.verb == "preset":
        return keep(args)
    if args.verb in ("set", "unset"):
        value = None if args.verb == "unset" else value_of(args.name, args.value)
        change(project, args.name, value)
        return 0
    found = [a for a in answers(project) if a.name.startswith(args.name)]
    if args.verb == "get":
        (one,) = [a for a in found if a.name == args.name] or [wrong_place(project, args.name)]
        say(*(one.value if isinstance(one.value, list | tuple) else [shown(one.value)]))
    elif not found:
        raise unlisted(project, args.name)
    elif args.json:
        print_json(found)
    else:
        width = max((len(a.name) for a in found), default=0)
        say(*(f"{a.name.ljust(width)}  {line(a)}" for a in found))
    return 0


def unlisted(project: Project | None, start: str) -> UsageError:
    """The sentence where no setting's name begins so, of the user or of a project."""
    if any(name.startswith(start) for name in names()):
        wrong_place(project, start)
    near = did_you_mean(start, [a.name for a in answers(project)])
    return UsageError(f"No setting's name begins with '{safe_text(start)}'{near and f': {near}'}.")


def line(one: SettingAnswer) -> str:
    """A value with its help."""
    mark = "" if one.set else " (default)"
    before = ": " if field_of(one.name).choices else ", "
    bounds = f"{before}{one.bounds}" if one.bounds else ""
    return f"{shown(one.value)}{mark}  {one.help}{bounds}"


def keep(args: argparse.Namespace) -> int:
    """List, save, load or remove a preset."""
    if args.act == "list":
        say(*presets.names() or ["There is no preset yet: 'settings preset save NAME'."])
        return 0
    if not args.preset or (args.act != "remove" and not args.project):
        raise UsageError(f"'settings preset {args.act} NAME' needs a name and --project.")
    if args.act == "save":
        path = presets.save(args.preset, presets.of_project(project_of(args)), replace=args.replace)
        say(f"Saved {path}.")
    elif args.act == "load":
        project = project_of(args)
        count = presets.apply(project, presets.load(args.preset))
        say(f"{plural(count, 'setting')} of {args.preset} are {project.name}'s now.")
    else:
        say(f"{args.preset} is in the trash now: {presets.remove(args.preset)}")
    return 0
