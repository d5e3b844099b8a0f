"""Settings for good: your own, or with --project a project's defaults for its stages, as in
'settings set train.batch 8 --project film'. Each is checked by its one definition."""

from __future__ import annotations

import argparse
import shlex
from typing import Any

import msgspec

from engine.errors import UsageError
from engine.project import Project
from engine.protocol import safe_text
from engine.settings import STAGE_SETTINGS, Field, fields
from fstui import settings
from fstui.commands.shared import add_json, print_json, project_of, require_writing, say
from fstui.model.answers import SettingAnswer


def arguments(parser: argparse.ArgumentParser) -> None:
    """list, get NAME, set NAME VALUE... or unset NAME."""
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


def names() -> list[str]:
    """Every setting's name: the user's, and a project's with its stage."""
    return [field.name for field in fields(settings.UserSettings)] + [
        f"{stage}.{field.name}" for stage, kind in STAGE_SETTINGS.items() for field in fields(kind)
    ]


def run(args: argparse.Namespace) -> int:
    """Show or change."""
    project = project_of(args) if args.project else None
    if args.verb in ("set", "unset"):
        require_writing(args)
        value = None if args.verb == "unset" else value_of(args.name, args.value)
        change(project, args.name, value)
        return 0
    found = [a for a in answers(project) if a.name.startswith(args.name)]
    if args.verb == "get":
        (one,) = [a for a in found if a.name == args.name] or [wrong_place(project, args.name)]
        say(*(one.value if isinstance(one.value, list | tuple) else [shown(one.value)]))
    elif args.json:
        print_json(found)
    else:
        width = max((len(a.name) for a in found), default=0)
        say(*(f"{a.name.ljust(width)}  {line(a)}" for a in found))
    return 0


def line(one: SettingAnswer) -> str:
    """A value with its help."""
    mark = "" if one.set else " (default)"
    before = ": " if field_of(one.name).choices else ", "
    bounds = f"{before}{one.bounds}" if one.bounds else ""
    return f"{shown(one.value)}{mark}  {one.help}{bounds}"


def shown(value: Any) -> str:
    """A value as one types it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return shlex.join(value) or "-"
    return f"{value:g}" if isinstance(value, float) else str(value) or "-"


def value_of(name: str, words: list[str]) -> Any:
    """The value that was typed; a list where the setting is one. Raises `UsageError`."""
    if field_of(name).type not in (bool, int, float, str):
        return words
    if len(words) > 1:
        raise UsageError(f"{name} takes one value, not {len(words)}.")
    return words[0]


def field_of(name: str) -> Field:
    """The definition of a setting."""
    stage, _, own = name.rpartition(".")
    kind = STAGE_SETTINGS[stage] if stage else settings.UserSettings
    return next(f for f in fields(kind) if f.name == own)


def wrong_place(project: Project | None, name: str) -> SettingAnswer:
    """Raise `UsageError`: your own settings have no stage, a project's have."""
    if project is None:
        raise UsageError(f"{safe_text(name)} is a project's setting: say which with --project.")
    raise UsageError(f"{safe_text(name)} is your own setting: leave out --project.")


def answers(project: Project | None) -> list[SettingAnswer]:
    """All settings of the user or of a project with their values."""
    if project is None:
        mine = msgspec.to_builtins(settings.load())
        return [_answer(field, "", mine) for field in fields(settings.UserSettings)]
    return [
        _answer(f, f"{stage}.", project.settings(stage))
        for stage, kind in STAGE_SETTINGS.items()
        for f in fields(kind)
    ]


def _answer(field: Field, before: str, values: dict[str, Any]) -> SettingAnswer:
    default = msgspec.to_builtins(field.default)
    is_set = field.name in values and values[field.name] != default
    return SettingAnswer(
        name=f"{before}{field.name}",
        value=values.get(field.name, default),
        default=default,
        set=is_set,
        help=field.help,
        bounds=field.bounds(),
    )


def change(project: Project | None, name: str, value: Any) -> None:
    """Write one setting, checked. Raises `BadInput`, `UsageError`."""
    stage, _, own = name.rpartition(".")
    if (project is None) is bool(stage):
        wrong_place(project, name)
    if project is None:
        settings.change(own, value)
        return
    from fstui.model import jobs

    new = None if value is None else jobs.checked(project, stage, {own: value})[own]

    def write(document: Any) -> None:
        table = document.setdefault("settings", {}).setdefault(stage, {})
        if new is None:
            table.pop(own, None)
        else:
            table[own] = new

    project.change(write)
