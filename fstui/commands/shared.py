"""What several commands share: the project meant, settings as flags, sides."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from engine import settings
from engine.errors import Refused
from engine.project import Project
from engine.protocol import JobFolder, safe_text
from fstui import places
from fstui.called import with_program

PREFIX = "setting_"
"""Keeps a setting's place in the parsed arguments apart from the command's own."""


def say(*lines: str) -> None:
    """Print lines without what a terminal would obey; commands in them can be typed as shown."""
    for line in lines:
        print(safe_text(with_program(line)), flush=True)


def add_project(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    """The PROJECT argument."""
    words = "name in the workspace, or path to a project folder"
    if optional:
        parser.add_argument("project", metavar="PROJECT", nargs="?", help=words)
    else:
        parser.add_argument("project", metavar="PROJECT", help=words)


def project_of(args: argparse.Namespace) -> Project:
    """The project that the command line means. Raises `BadInput` or `Damaged`."""
    return Project.open(places.project_path(args.project, places.workspace(args.workspace)))


def require_writing(args: argparse.Namespace) -> None:
    """Raise `Refused` under `--readonly`."""
    if args.readonly:
        raise Refused("Nothing is changed or started: --readonly was given.")


def add_settings(parser: argparse.ArgumentParser, of: Iterable[settings.Field]) -> None:
    """One flag for each setting, made from its one definition."""
    first = parser.add_argument_group(
        "settings", "What is not named comes from the project's [settings] or the default."
    )
    groups = {"": first}
    for field in of:
        if field.group not in groups:
            groups[field.group] = parser.add_argument_group(f"settings: {field.group}")
        group = groups[field.group]
        flag = f"--{field.name.replace('_', '-')}"
        words: dict[str, Any] = {
            "dest": PREFIX + field.name,
            "default": argparse.SUPPRESS,
            "help": field.words().replace("%", "%%"),
        }
        if field.type is bool:
            group.add_argument(flag, action=argparse.BooleanOptionalAction, **words)
        else:
            group.add_argument(flag, metavar=_metavar(field), **words)


def _metavar(field: settings.Field) -> str:
    if field.is_path:
        return "PATH"
    if field.many:
        return "WORD,WORD"
    return {int: "N", float: "X"}.get(field.type, "WORD")


def settings_of(args: argparse.Namespace) -> dict[str, Any]:
    """The settings that the command line names; `engine.settings.read` checks them."""
    return {
        name.removeprefix(PREFIX): value
        for name, value in vars(args).items()
        if name.startswith(PREFIX)
    }


def add_job_options(parser: argparse.ArgumentParser) -> None:
    """Flags of the commands that start a job."""
    parser.add_argument(
        "--detach", action="store_true", help="return at once and let the job run by itself"
    )
    parser.add_argument(
        "--device",
        metavar="DEVICE",
        help="cpu, gpu:N or, to train, gpu:N,N (default: the first GPU that is free)",
    )


def stage_arguments(parser: argparse.ArgumentParser, kind: type[msgspec.Struct]) -> None:
    """PROJECT, the job's options and the settings of a stage."""
    add_project(parser)
    add_job_options(parser)
    add_settings(parser, settings.fields(kind))


def start_stage(args: argparse.Namespace, start: Callable[..., JobFolder]) -> int:
    """Start a stage's job with the settings that were named, and follow it."""
    from fstui.follow import start_and_follow

    require_writing(args)
    project = project_of(args)
    return start_and_follow(args, lambda: start(project, device=args.device, **settings_of(args)))
