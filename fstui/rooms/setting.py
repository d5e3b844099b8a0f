"""The form of one setting, with the editor of its type."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from engine.errors import BadInput
from engine.project import Project
from engine.protocol import safe_text
from engine.settings import Field
from fstui import keymap, theme
from fstui.i18n import later, tr
from fstui.model import preferences
from fstui.model.answers import SettingAnswer
from fstui.rooms.choice import Choice
from fstui.rooms.dialog import Dialog, labelled
from fstui.rooms.start import hint_of, label_of, put, value_in, widget_of

YOURS = "fstui."
"""Before the user's own settings in the list, so that every name is told apart."""


class ChangeSetting(Dialog[tuple[Any]]):
    """Ends with the new value, in a tuple of one."""

    act = later("Set")
    hint = later("enter set  ctrl+z default  esc cancel")
    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("default")]

    def __init__(
        self, setting: str, field: Field, one: SettingAnswer, project: Project | None
    ) -> None:
        super().__init__()
        self._setting, self._field, self._one, self._project = setting, field, one, project

    def title_text(self) -> str:
        """Name and what it may be."""
        bounds = f" ({self._one.bounds})" if self._one.bounds else ""
        return f"{self._setting}{bounds}"

    def fields(self) -> Iterable[Widget]:
        """The one field."""
        value = self._one.value
        shown = shlex.join(value) if isinstance(value, list | tuple) else value
        entry = widget_of(self._field, shown)
        if self._setting == f"{YOURS}theme":
            about = {name: theme.about(self.app, name) for name in theme.ours(self.app)}
            options = [(f"{name} ({words})", name) for name, words in about.items()]
            last = tr("the one chosen last with t")
            entry = Choice([(last, ""), *options], value, id="set-theme")
        yield labelled(label_of(self._field.name), entry, hint_of(self._field))
        default = tr("default {value}").format(value=preferences.shown(self._one.default))
        yield labelled("", Static(Content(default)))

    @property
    def _entry(self) -> Widget:
        return self.query_one(f"#set-{self._field.name}")

    def action_default(self) -> None:
        """The default into the field."""
        default = self._one.default
        put(self._entry, shlex.join(default) if isinstance(default, list | tuple) else default)

    def on_mount(self) -> None:
        """Type at once."""
        self._entry.focus()

    def command(self) -> list[str]:
        """`settings set NAME VALUE [--project PROJECT]`."""
        own = self._setting.removeprefix(YOURS)
        whose = ["--project", self._project.name] if self._project else []
        (value,) = self.accept()
        words = list(value) if isinstance(value, tuple) else [preferences.shown(value)]
        return ["settings", "set", own, *whose, "--", *words]

    def accept(self) -> tuple[Any]:
        """The value, checked by its definition."""
        entry = self._entry
        if preferences.is_list(self._field) and isinstance(entry, Input):
            value: Any = _words(entry.value)
        else:
            value = value_in(self._field, entry)
        preferences.check(self._one.name, value)
        return (value,)


def _words(text: str) -> tuple[str, ...]:
    """Words as a shell takes them apart. Raises `BadInput`."""
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        open_mark = tr("A quotation mark in '{text}' is not closed.")
        raise BadInput(open_mark.format(text=safe_text(text))) from error
