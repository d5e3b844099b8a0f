"""The command line that does the same as a form."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from engine.project import Project
from engine.settings import STAGE_SETTINGS, fields
from fstui.called import program
from fstui.model import jobs


def line_of(words: list[str]) -> str:
    """Words as one types them, the program before them."""
    return f"{program()} {shlex.join(words)}"


def start_words(project: Project, stage: str, settings: Mapping[str, Any]) -> list[str]:
    """The words that start a stage with these settings. What the project, or a job that is gone on
    with, has anyway needs no flag."""
    known = project.settings(stage)
    if step := jobs.cut_off(project, stage):
        known = {**known, **step.settings}
    words = [stage, project.name]
    for field in fields(STAGE_SETTINGS[stage]):
        value = settings.get(field.name, field.default)
        if value == known.get(field.name, field.default):
            continue
        flag = field.name.replace("_", "-")
        if field.type is bool:
            words.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            shown = f"{value:.12g}" if isinstance(value, float) else str(value)
            # A value may begin with a dash: with the sign it is no flag of its own.
            words += [f"--{flag}={shown}"] if shown[:1] in ("-", "") else [f"--{flag}", shown]
    return words
