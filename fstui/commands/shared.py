"""What several commands share: the project meant, settings as flags, sides."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec

from engine import settings
from engine.errors import NothingToDo
from engine.launch import ask
from engine.project import Project
from engine.protocol import JobFolder, find_job, safe_text
from fstui import places
from fstui.called import with_program
from fstui.model.queue import Place, comes_before, newest_called, start_or_queue

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


def job_of(args: argparse.Namespace) -> JobFolder:
    """The job that the command line means: the newest with this in its name, else the one that
    runs, else the newest. Raises `BadInput`, `NothingToDo` before the first one."""
    project = project_of(args)
    if args.job:
        return newest_called(project.path, args.job)
    folder = find_job(project.path)
    if folder is None:
        raise NothingToDo(f"{project.name} has no job yet: 'extract {project.typed}' starts one.")
    return folder


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
    queue = parser.add_argument_group("queue")
    queue.add_argument(
        "--queue", action="store_true", help="put it in the queue and return: it starts when it can"
    )
    queue.add_argument(
        "--after",
        metavar="JOB",
        action="append",
        default=[],
        help="queue it until the newest job with this in its name is done: train, OTHER/train (may "
        "be given again)",
    )
    queue.add_argument(
        "--priority", metavar="N", type=int, help="queue it before those of a lower one (default 0)"
    )


def stage_arguments(parser: argparse.ArgumentParser, kind: type[msgspec.Struct]) -> None:
    """PROJECT, the job's options and the settings of a stage."""
    add_project(parser)
    add_job_options(parser)
    add_settings(parser, settings.fields(kind))


def start_stage(args: argparse.Namespace, start: Callable[..., JobFolder]) -> int:
    """Start a stage's job with the settings that were named, and follow it; or queue it, where that
    was said, or it can't start and the user's settings say so."""
    from fstui.follow import start_and_follow

    project = project_of(args)
    named = {"device": args.device, **settings_of(args)}
    place = place_of(args, project)

    def begin() -> JobFolder:
        if place is not None:
            return start(project, place=place, **named)
        return start_or_queue(lambda place: start(project, place=place, **named))

    return start_and_follow(args, begin)


def place_of(args: argparse.Namespace, project: Project) -> Place | None:
    """Where in the queue a command line puts a job; None where it says nothing of the queue."""
    if not args.queue and not args.after and args.priority is None:
        return None
    after = tuple(comes_before(project, word) for word in args.after)
    return Place(after, args.priority or 0)


class Asked(NamedTuple):
    """An answer whose schema only the engine knows."""

    question: str


def add_json(parser: Any, kind: Any, words: str = "the same as JSON") -> None:
    """`--json`, and `--schema`, which prints what that answers with as JSON Schema; `kind` is the
    answer's type, or `Asked`. The parser may be a group of one."""
    parser.add_argument("--json", action="store_true", help=words)
    parser.add_argument(
        "--schema", action=SchemaAction, kind=kind, help="what --json answers with, as JSON Schema"
    )


class SchemaAction(argparse.Action):
    """Prints the schema of an answer and ends."""

    def __init__(self, *, kind: Any, **words: Any) -> None:
        super().__init__(**{**words, "nargs": 0, "dest": argparse.SUPPRESS})
        self.kind = kind

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Exit 0."""
        asked = isinstance(self.kind, Asked)
        print_json(ask(self.kind.question) if asked else msgspec.json.schema(self.kind))
        parser.exit()


def print_answer(kind: Any, value: Any) -> None:
    """An answer of a kind from plain values: what its schema doesn't name is a bug of ours."""
    print_json(msgspec.convert(value, kind))


def print_json(value: Any) -> None:
    """One JSON document, in ASCII whatever the encoding is; what is no number is null."""
    plain = json.dumps(msgspec.to_builtins(value))
    print(json.dumps(json.loads(plain, parse_constant=lambda _: None), indent=2))
