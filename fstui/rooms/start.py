"""The form of a stage's settings, made from `engine.settings`; it ends with what was changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal, NamedTuple

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from engine.devices import gpus
from engine.project import Project
from engine.protocol import safe_text
from engine.settings import STAGE_SETTINGS, Field, fields, read
from fstui import keymap
from fstui.i18n import later, tr, tr_n
from fstui.model import jobs, presets, words
from fstui.model.commandline import start_words
from fstui.rooms.choice import Choice, yes_no
from fstui.rooms.dialog import Dialog, labelled
from fstui.rooms.presets import Offers, choose
from fstui.widgets.filter import Filter, matches
from fstui.widgets.section import Section

FIRST = {
    "train": ("model", "iterations", "batch"),
    "extract": ("detector", "every", "confidence"),
    "convert": ("colour", "mask", "crf"),
}
"""What one changes most; the rest follows below."""
DIGITS = r"[-+]?[\d ]*"
"""What a whole number is typed with: its digits may stand in groups, as they are shown."""
FEW = 16
"""Fields up to which no section is folded at first."""
VERBS = {
    "extract": later("Extract faces"),
    "train": later("Train"),
    "convert": later("Convert the target"),
}


class Start(NamedTuple):
    """What a form begins with, as it was read."""

    values: dict[str, Any]
    """Settings that are named: of the job that goes on, the project's, the machine's."""
    known: dict[str, Any]
    """Of them those that the stage's command has without a flag."""
    resumed: bool
    """Whether it goes on from what is saved."""


class StartForm(Dialog[dict[str, Any]]):
    """Settings of one stage, with the project's own values filled in. A star marks what differs
    from what holds where nothing is said."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("default", "filter", "manage")]
    act = later("Start")
    hint = later("enter accept  / find  ctrl+y presets  ctrl+z default")
    long = True

    def __init__(self, project: Project, stage: str, start: Start) -> None:
        super().__init__()
        self._project = project
        self._stage = stage
        self._struct = STAGE_SETTINGS[stage]
        self._values, self._known, self._resumed = start
        self._fields = {f.name: f for f in fields(self._struct)}
        self._starred: set[str] = set()
        """Fields that are marked."""
        self._rows: dict[str, Widget] = {}
        """The line of each field."""
        self._sections: list[tuple[Section, list[str]]] = []
        """Sections with the names of their fields."""

    def title_text(self) -> str:
        """What enter does."""
        more = tr(" (goes on from what is saved)") if self._resumed else ""
        return f"{tr(VERBS[self._stage])}{more}"

    def fields(self) -> Iterable[Widget]:
        """The three main fields, then all others in sections that fold."""
        yield Filter(placeholder=tr("words of a field"))
        rows = {name: self._field(field) for name, field in self._fields.items()}
        first = [name for name in FIRST[self._stage] if name in rows]
        yield from (rows[name] for name in first)
        groups: dict[str, list[str]] = {}
        for name, field in self._fields.items():
            if name not in first:
                groups.setdefault(field.group, []).append(name)
        for group, names in groups.items():
            title = tr(group).capitalize() or tr("More settings")
            section = Section(title, [rows[n] for n in names], open=len(rows) <= FEW)
            self._sections.append((section, names))
            yield section
        self._rows = rows

    def _field(self, field: Field) -> Widget:
        value = self._values.get(field.name, field.default)
        return labelled(label_of(field.name), widget_of(field, value), hint_of(field))

    def base(self, field: Field) -> Any:
        """What a setting is where nothing is said."""
        return field.default

    def on_mount(self) -> None:
        """Enter on the button that has the focus starts it as it stands."""
        self.query_one("#accept").focus()
        for field in self._fields.values():
            self._mark(field)

    # --- what differs -------------------------------------------------------------------------

    @on(Input.Changed)
    @on(Choice.Turned)
    def _changed(self, event: Input.Changed | Choice.Turned) -> None:
        widget = event.input if isinstance(event, Input.Changed) else event.choice
        if field := self._fields.get((widget.id or "").removeprefix("set-")):
            self._mark(field)

    def _mark(self, field: Field) -> None:
        """A star before a field that differs from its base, and what that is behind its help."""
        widget, base = self._entry(field), self.base(field)
        differs = value_in(field, widget) != base
        if differs == (field.name in self._starred) or widget.parent is None:
            return
        self._starred ^= {field.name}
        label, hint = label_of(field.name), hint_of(field)
        if differs:
            label = f"* {label}"
            hint = tr("{hint} [else {value}]").format(hint=hint, value=words_of(base))
        widget.parent.query_one(".dialog--label", Static).update(Content(label))
        widget.parent.query_one(".dialog--help", Static).update(Content(hint))
        for section, names in self._sections:
            section.count(len(self._starred.intersection(names)))

    def _entry(self, field: Field) -> Widget:
        return self.query_one(f"#set-{field.name}")

    def action_default(self) -> None:
        """The field that has the focus back to its base."""
        focused = (self.focused.id if self.focused else None) or ""
        if field := self._fields.get(focused.removeprefix("set-")):
            put(self._entry(field), self.base(field))

    def all_defaults(self) -> None:
        """All fields back to their base."""
        for field in self._fields.values():
            put(self._entry(field), self.base(field))

    # --- finding a field, presets ---------------------------------------------------------------

    def action_filter(self) -> None:
        """Only fields with some words."""
        self.query_one(Filter).open()

    def on_filter_changed(self, event: Filter.Changed) -> None:
        """Each key narrows the form; folded sections open for what matches."""
        found = self._matching(event.text)
        wanted = {self._rows[name] for name in found}
        for name in self._rows:
            self._rows[name].display = name in found
        for section, _ in self._sections:
            section.narrow(wanted if event.text else None)
        if event.text:
            event.filter.count(len(found), len(self._rows))

    def _matching(self, text: str) -> list[str]:
        return [
            name
            for name, field in self._fields.items()
            if matches(text, f"{name} {label_of(name)} {hint_of(field)} {field.group}")
        ]

    def on_filter_left(self, event: Filter.Left) -> None:
        """Into the first field that matches; the button where nothing is filtered."""
        found = self._matching(event.filter.text) if event.filter.text else []
        (self._entry(self._fields[found[0]]) if found else self.query_one("#accept")).focus()

    def problem(self, text: str) -> None:
        """Say what is wrong, with the section open that the field is in."""
        super().problem(text)
        for section, names in self._sections:
            if any(f"'s {name} " in text for name in names):
                section.open = True

    def action_manage(self) -> None:
        """Presets, and all fields back to their defaults."""
        project = self._project
        offers = Offers(self._load, self.all_defaults, self._kept, project, self._say)
        choose(self.app, offers)

    def _load(self, name: str) -> None:
        """A preset's settings into the fields, none where one can't be."""
        done, preset = self.attempt(lambda: presets.load(name).get(self._stage, {}))
        if not done:
            return
        found = {own: value for own, value in preset.items() if own in self._fields}
        for own, value in found.items():
            put(self._entry(self._fields[own]), value)
        said = tr_n("{n} setting of {name} stands here.", "{n} settings of {name} stand here.",
                    len(found))  # fmt: skip
        self.problem("")
        self._say(said.format(n=len(found), name=name))

    def _kept(self) -> presets.Values:
        """What a preset would have of this form: what differs from the defaults. Raises
        `BadInput`."""
        values = {own: value_in(f, self._entry(f)) for own, f in self._fields.items()}
        return {
            self._stage: {own: v for own, v in values.items() if v != self._fields[own].default}
        }

    def _say(self, text: str) -> None:
        self.notify(safe_text(text), markup=False)

    def accept(self) -> dict[str, Any]:
        """Only what differs from the defaults, checked."""
        settings = {}
        for field in self._fields.values():
            value = value_in(field, self._entry(field))
            if value != field.default or field.name in self._values:
                settings[field.name] = value
        read(self._struct, settings)
        return settings

    def command(self) -> list[str]:
        """The stage with the flags of what was changed."""
        return start_words(self._project, self._stage, self.accept(), self._known)


def starting(project: Project, stage: str) -> Start:
    """Read what a form begins with; of many jobs that takes a moment."""
    resumed = jobs.resumable(project, stage) is not None
    known = project.settings(stage)
    if step := jobs.cut_off(project, stage):
        known = {**known, **step.settings}
    elif stage == "train" and "model" not in known and not gpus():
        # The others take days without a GPU.
        return Start({**known, "model": "quick"}, known, resumed)
    return Start(known, known, resumed)


def label_of(name: str) -> str:
    """`learning_rate` as `learning rate`."""
    return tr(name).removesuffix("_s").replace("_", " ")


def hint_of(field: Field) -> str:
    """What is said beside a field."""
    help = tr(field.help)
    if field.many:
        return f"{help}: {', '.join(field.choices)}"
    if field.is_path:
        return tr("{help}; from elsewhere it is copied into the project").format(help=help)
    return f"{help} ({tr(field.unit)})" if field.unit else help


def widget_of(field: Field, value: Any) -> Widget:
    """Input or choice for a setting, with a value."""
    name = f"set-{field.name}"
    choices = list(field.choices)
    if choices and not field.many:
        known = value if value in choices else choices[0]
        options = [(c, c) for c in choices]
        return Choice(options, known, id=name)
    if field.type is bool:
        return yes_no(bool(value), id=name)
    if field.type is int:
        return Input(as_typed(value), restrict=DIGITS, id=name, compact=True)
    kind: Literal["number", "text"] = "number" if field.type is float else "text"
    return Input(as_typed(value), type=kind, id=name, compact=True)


def as_typed(value: Any) -> str:
    """A value as it stands in a line."""
    if isinstance(value, int) and not isinstance(value, bool):
        return words.count(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def words_of(value: Any) -> str:
    """A value as it is talked of."""
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    return as_typed(value) or tr("empty")


def put(widget: Widget, value: Any) -> None:
    """Give an input or a choice a value."""
    if isinstance(widget, Choice):
        widget.put(value)
    elif isinstance(widget, Input):
        widget.value = as_typed(value)


def value_in(field: Field, widget: Widget) -> Any:
    """What stands in a setting's input or choice; text where that is no number."""
    if isinstance(widget, Choice):
        return widget.value
    text = widget.value.strip() if isinstance(widget, Input) else ""
    # What can't be a number is left as text: the settings' own check names field and bounds.
    try:
        return field.type(text.replace(" ", "") if field.type is int else text)
    except ValueError:
        return text
