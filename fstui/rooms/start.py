"""The form of a stage's settings, made from `engine.settings`; it ends with what was changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual.widget import Widget
from textual.widgets import Input, Static

from engine.devices import gpus
from engine.project import Project
from engine.settings import STAGE_SETTINGS, Field, fields, read
from fstui.model import jobs
from fstui.model.commandline import start_words
from fstui.rooms.choice import Choice, yes_no
from fstui.rooms.dialog import Dialog, labelled

FIRST = {
    "train": ("model", "iterations", "batch"),
    "extract": ("detector", "every", "confidence"),
    "convert": ("colour", "mask", "crf"),
}
"""What one changes most; the rest follows below."""
VERBS = {"extract": "Extract faces", "train": "Train", "convert": "Convert the target"}


class StartForm(Dialog[dict[str, Any]]):
    """Settings of one stage, with the project's own values filled in."""

    act = "Start"
    long = True

    def __init__(self, project: Project, stage: str) -> None:
        super().__init__()
        self._project = project
        self._stage = stage
        self._struct = STAGE_SETTINGS[stage]
        self._values = starting_values(project, stage)
        self._resumed = jobs.resumable(project, stage) is not None

    def title_text(self) -> str:
        """What enter does."""
        more = " (goes on from what is saved)" if self._resumed else ""
        return f"{VERBS[self._stage]}{more}"

    def fields(self) -> Iterable[Widget]:
        """The three main fields, then all others."""
        every = {f.name: f for f in fields(self._struct)}
        first = FIRST[self._stage]
        for name in first:
            yield self._field(every[name])
        section = None
        for name, field in every.items():
            if name in first:
                continue
            if field.group != section:
                section = field.group
                heading = section.capitalize() or "More settings"
                yield Static(heading, classes="dialog--section")
            yield self._field(field)

    def _field(self, field: Field) -> Widget:
        value = self._values.get(field.name, field.default)
        return labelled(label_of(field.name), field_widget(field, value), _hint(field))

    def on_mount(self) -> None:
        """Enter on the button that has the focus starts it as it stands."""
        super().on_mount()
        self.query_one("#accept").focus()

    def accept(self) -> dict[str, Any]:
        """Only what differs from the defaults, checked."""
        settings = {}
        for field in fields(self._struct):
            value = value_of(field, self.query_one(f"#set-{field.name}"))
            if value != field.default or field.name in self._values:
                settings[field.name] = value
        read(self._struct, settings)
        return settings

    def command(self) -> list[str]:
        """The stage with the flags of what was changed."""
        return start_words(self._project, self._stage, self.accept())


def starting_values(project: Project, stage: str) -> dict[str, Any]:
    """What the form begins with: the job that goes on, the project's settings, the machine's."""
    values = project.settings(stage)
    if step := jobs.cut_off(project, stage):
        return {**values, **step.settings}
    if stage == "train" and "model" not in values and not gpus():
        values["model"] = "quick"  # the others take days without a GPU
    return values


def label_of(name: str) -> str:
    """`learning_rate` as `learning rate`."""
    return name.removesuffix("_s").replace("_", " ")


def _hint(field: Field) -> str:
    """What is said beside a field."""
    if field.many:
        return f"{field.help}: {', '.join(field.choices)}"
    if field.is_path:
        return f"{field.help}; from elsewhere it is copied into the project"
    return f"{field.help} ({field.unit})" if field.unit else field.help


def field_widget(field: Field, value: Any) -> Widget:
    """What a setting is changed with: a choice, yes or no, or a line of text."""
    name = f"set-{field.name}"
    choices = list(field.choices)
    if choices and not field.many:
        known = value if value in choices else choices[0]
        options = [(c, c) for c in choices]
        return Choice(options, known, id=name)
    if field.type is bool:
        return yes_no(bool(value), id=name)
    kinds = {int: "integer", float: "number"}
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    return Input(shown, type=kinds.get(field.type, "text"), id=name, compact=True)  # type: ignore[arg-type]


def value_of(field: Field, widget: Widget) -> Any:
    """The value that such a widget holds."""
    if isinstance(widget, Choice):
        return widget.value
    text = widget.value.strip() if isinstance(widget, Input) else ""
    # What can't be a number is left as text: the settings' own check names field and bounds.
    try:
        return field.type(text)
    except ValueError:
        return text
