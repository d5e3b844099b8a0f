"""The command line that does the same as a form."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.project import Project
from engine.settings import STAGE_SETTINGS, Field, fields
from fstui.called import program
from fstui.places import workspace
from fstui.settings import UserSettings


def line_of(commands: Iterable[list[str]], shown: Path, own: UserSettings) -> str:
    """Commands as one types them, one after the other. `shown` is the workspace they are meant
    for: it is named where the commands would look into another one by themselves."""
    start = program()
    if shown != workspace(own=own):
        start += f" --workspace {shlex.quote(str(shown))}"
    return " && ".join(f"{start} {shlex.join(words)}" for words in commands)


def start_words(
    project: Project, stage: str, settings: Mapping[str, Any], known: Mapping[str, Any]
) -> list[str]:
    """The words that start a stage with these settings. What the project, or a job that is gone on
    with, has anyway (`known`) needs no flag."""
    of_stage = fields(STAGE_SETTINGS[stage])
    values = {field.name: settings.get(field.name, field.default) for field in of_stage}
    return [stage, project.name, *flags_of(of_stage, values, known)]


def flags_of(
    of_form: Iterable[Field], values: Mapping[str, Any], known: Mapping[str, Any]
) -> list[str]:
    """The flags of the fields whose values are others than the known ones."""
    words: list[str] = []
    for field in of_form:
        base = known.get(field.name, field.default)
        value = values.get(field.name, base)
        if value == base:
            continue
        flag = field.name.replace("_", "-")
        if field.type is bool:
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            words += flag_words(f"--{flag}", value)
    return words


def flag_words(flag: str, value: Any) -> list[str]:
    """A flag with its value."""
    shown = f"{value:.12g}" if isinstance(value, float) else str(value)
    # A value may begin with a dash: with the sign it is no flag of its own.
    return [f"{flag}={shown}"] if shown[:1] in ("-", "") else [flag, shown]
