"""All settings, the user's own and a project's: what they are, changing them; by name, as
`train.batch`."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import UsageError, from_os_error
from engine.footage import free_name
from engine.project import Project
from engine.protocol import safe_text
from engine.settings import STAGE_SETTINGS, Field, fields, read
from fstui import settings
from fstui.i18n import tr
from fstui.model.answers import SettingAnswer


def names() -> list[str]:
    """Every setting's name: the user's, and a project's with its stage."""
    return [field.name for field in fields(settings.UserSettings)] + [
        f"{stage}.{field.name}" for stage, kind in STAGE_SETTINGS.items() for field in fields(kind)
    ]


def shown(value: Any) -> str:
    """A value as one types it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return shlex.join(value) or "-"
    return f"{value:g}" if isinstance(value, float) else str(value) or "-"


def value_of(name: str, words: list[str]) -> Any:
    """The value that was typed; a list where the setting is one. Raises `UsageError`."""
    if is_list(field_of(name)):
        return words
    if len(words) > 1:
        raise UsageError(
            tr("{name} takes one value, not {words}.").format(name=name, words=len(words))
        )
    return words[0]


def field_of(name: str) -> Field:
    """The definition of a setting."""
    stage, _, own = name.rpartition(".")
    kind = STAGE_SETTINGS[stage] if stage else settings.UserSettings
    return next(f for f in fields(kind) if f.name == own)


def is_list(field: Field) -> bool:
    """Whether a setting is a list of words, as a hook's are."""
    return field.type not in (bool, int, float, str)


def check(name: str, value: Any) -> None:
    """Raise `BadInput` for a value that a setting can't have."""
    stage, _, own = name.rpartition(".")
    kind = STAGE_SETTINGS[stage] if stage else settings.UserSettings
    read(kind, {own: value}, "" if stage else "the user")


def wrong_place(project: Project | None, name: str) -> SettingAnswer:
    """Raise `UsageError`: your own settings have no stage, a project's have."""
    if project is None:
        raise UsageError(
            tr("{name} is a project's setting: say which with --project.").format(
                name=safe_text(name)
            )
        )
    raise UsageError(
        tr("{name} is your own setting: leave out --project.").format(name=safe_text(name))
    )


def answers(project: Project | None) -> list[SettingAnswer]:
    """All settings of the user or of a project with their values."""
    if project is None:
        mine = msgspec.to_builtins(settings.load())
        return [_answer(field, "", mine) for field in fields(settings.UserSettings)]
    return of_stages(project)


def of_stages(project: Project | None) -> list[SettingAnswer]:
    """The settings of all stages: a project's, or the defaults."""
    return [
        _answer(f, f"{stage}.", project.settings(stage) if project else {})
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
    from fstui.model import jobs  # the interface's first paint needs none of it

    new = None if value is None else jobs.checked(project, stage, {own: value})[own]

    def write(document: Any) -> None:
        table = document.setdefault("settings", {}).setdefault(stage, {})
        if new is None:
            table.pop(own, None)
        else:
            table[own] = new

    project.change(write)


def reset(project: Project | None) -> None:
    """Take all settings back to their defaults, the user's or a project's; a copy of their file as
    it was goes to its folder's `trash/`. Raises `BadInput`."""
    if project is not None:
        _keep_copy(project.path / "project.toml")
        project.change(lambda document: document.pop("settings", None))
        return
    changed = [one.name for one in answers(None) if one.set]
    if changed:
        _keep_copy(settings.config_folder() / settings.FILE)
    for name in changed:
        settings.change(name, None)


def _keep_copy(path: Path) -> None:
    trash = path.parent / "trash"
    try:
        trash.mkdir(exist_ok=True)
        shutil.copy2(path, free_name(trash, path))
    except OSError as error:
        raise from_os_error(error, f"keeping a copy of {path}") from error
