"""Presets: settings of stages under a name, as `presets/NAME.toml` in the user's config folder."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from engine.errors import BadInput, FstuiError, NothingToDo, from_os_error
from engine.footage import free_name
from engine.project import Project
from engine.protocol import safe_text, write_atomic
from engine.settings import STAGE_SETTINGS, fields, read
from engine.workspace import check_name
from fstui import settings
from fstui.i18n import tr

FOLDER = "presets"
STAGES = ("extract", "train", "convert")
Values = dict[str, dict[str, Any]]
"""By stage."""


def folder() -> Path:
    """Where presets are."""
    return settings.config_folder() / FOLDER


def names() -> list[str]:
    """All presets."""
    return sorted(path.stem for path in folder().glob("*.toml"))


def save(name: str, values: Values, *, replace: bool = False) -> Path:
    """Write a preset; settings that name a file are left out, for that is a project's own. Raises
    `BadInput` for a name or values that can't be and for a name that is taken, unless it is to be
    replaced, `NothingToDo` where nothing is set."""
    import tomlkit

    kept = {stage: _portable(stage, own) for stage, own in values.items() if stage in STAGES}
    kept = {stage: own for stage, own in kept.items() if own}
    if not kept:
        raise NothingToDo(tr("Nothing differs from the defaults: there is nothing to save."))
    for stage, own in kept.items():
        read(STAGE_SETTINGS[stage], own)
    path = folder() / f"{check_name(name)}.toml"
    if path.exists() and not replace:
        raise BadInput(
            tr("There is a preset '{name}' already: take another name, or replace it.").format(
                name=name
            )
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, tomlkit.dumps(kept).encode())
    except OSError as error:
        raise from_os_error(error, f"writing {path}") from error
    return path


def load(name: str) -> Values:
    """The settings of a preset, all checked. Raises `BadInput` with file and setting."""
    path = folder() / f"{check_name(name)}.toml"
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        known = ", ".join(names()) or "none"
        raise BadInput(
            tr("There is no preset '{name}': there is {known}.").format(
                name=safe_text(name), known=known
            )
        ) from error
    except OSError as error:
        raise from_os_error(error, f"reading {path}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(
            tr("{path} can't be read: {error}.").format(path=path, error=error)
        ) from error
    for stage, own in found.items():
        if stage not in STAGES or not isinstance(own, dict):
            raise BadInput(
                tr("{path}: '{stage}' is no stage: {stages} are.").format(
                    path=path, stage=safe_text(stage), stages=", ".join(STAGES)
                )
            )
        try:
            read(STAGE_SETTINGS[stage], own)
        except FstuiError as error:
            raise BadInput(tr("{path}: {error}").format(path=path, error=error)) from error
    return found


def remove(name: str) -> Path:
    """Move a preset to `trash/` in the config folder; where it lies now. Raises `BadInput` where
    there is none."""
    path, trash = folder() / f"{check_name(name)}.toml", settings.config_folder() / "trash"
    try:
        trash.mkdir(parents=True, exist_ok=True)
        aim = free_name(trash, path)
        os.rename(path, aim)
    except FileNotFoundError as error:
        known = ", ".join(names()) or "none"
        raise BadInput(
            tr("There is no preset '{name}': there is {known}.").format(
                name=safe_text(name), known=known
            )
        ) from error
    except OSError as error:
        raise from_os_error(error, f"moving the preset {safe_text(name)} to {trash}") from error
    return aim


def of_project(project: Project) -> Values:
    """What a project's stages have set."""
    return {stage: dict(project.settings(stage)) for stage in STAGES}


def apply(project: Project, values: Values) -> int:
    """Make a preset's settings a project's own; how many. They are checked before the first is
    written."""
    for stage, own in values.items():
        read(STAGE_SETTINGS[stage], {**project.settings(stage), **own})

    def write(document: Any) -> None:
        for stage, own in values.items():
            document.setdefault("settings", {}).setdefault(stage, {}).update(own)

    project.change(write)
    return sum(len(own) for own in values.values())


def _portable(stage: str, own: dict[str, Any]) -> dict[str, Any]:
    paths = {field.name for field in fields(STAGE_SETTINGS[stage]) if field.is_path}
    return {name: value for name, value in own.items() if name not in paths}
