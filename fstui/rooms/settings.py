"""The settings room: every setting with its value, where that comes from, default and help."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from textual import work
from textual.widget import Widget
from textual.widgets import Input

from engine.project import Project
from engine.protocol import safe_text
from engine.settings import Field
from fstui import keymap, settings
from fstui.i18n import tr
from fstui.model import preferences, presets
from fstui.model.answers import SettingAnswer
from fstui.rooms.dialog import Dialog, labelled
from fstui.rooms.lines import Line, Lines
from fstui.rooms.project import edit_file
from fstui.rooms.room import Room
from fstui.rooms.start import label_of, value_in, widget_of
from fstui.widgets.confirm import Confirm
from fstui.widgets.filter import Filter, matches
from fstui.widgets.menu import Menu
from fstui.widgets.rows import Column, Row, Rows

COLUMNS = (
    Column("Setting", least=24),
    Column("Value", 16),
    Column("From", 8),
    Column("Default", 12),
    Column("What it is", least=24),
)
YOURS = "fstui."
"""Before the user's own settings in the list, so that every name is told apart."""


class SettingsRoom(Room):
    """All settings: the user's own, and those of the open project's stages."""

    room = "settings"
    CSS_PATH = "../styles/settings.tcss"
    BINDINGS: ClassVar[list[Any]] = keymap.bindings("filter", "reset", "manage", "edit")

    def __init__(self) -> None:
        super().__init__()
        self._all: dict[str, SettingAnswer] = {}

    def body(self) -> Iterable[Widget]:
        """Where they are kept, the list, the one under the cursor in full."""
        yield Lines(id="where")
        yield Rows(COLUMNS, empty=tr("Reading the settings ..."), id="settings")
        yield Lines(id="about", wrap=True)
        yield Filter(placeholder=tr("words of a setting's name or help"))

    def on_screen_resume(self) -> None:
        """Read them anew: another program may have changed them."""
        super().on_screen_resume()
        self.read()

    @work(thread=True, exclusive=True, group="settings")
    def read(self) -> None:
        """In a thread: files are read."""
        project = self.studio.session.project

        def act() -> None:
            found = {f"{YOURS}{a.name}": a for a in preferences.answers(None)}
            if project is not None:
                known = Project.open(project.path)
                found |= {a.name: a for a in preferences.answers(known)}
            self.app.call_from_thread(self.take, found)

        self.attempt_in_thread(act)

    def take(self, found: dict[str, SettingAnswer]) -> None:
        """Show what was read."""
        self._all = found
        self.show()

    def show(self) -> None:
        """All that match."""
        entry = self.query_one(Filter)
        kept = {n: a for n, a in self._all.items() if matches(entry.text, f"{n} {a.help}")}
        if entry.text:
            entry.count(len(kept), len(self._all))
        if self._all:
            empty = tr("No setting matches: esc clears the filter.")
            self.query_one(Rows).show([row_of(n, a) for n, a in kept.items()], empty=empty)
        if self.focused is None:
            self.query_one(Rows).focus()
        self.query_one("#where", Lines).show([self._where()])
        self._tell()

    def _where(self) -> Line:
        project = self.studio.session.project
        own = str(settings.config_folder() / settings.FILE)
        if project is None:
            return [own, (tr("  (a project's are here while it is open)"), "muted")]
        return [own, (f"  {project.path / 'project.toml'}", "muted")]

    @property
    def chosen(self) -> tuple[str, SettingAnswer] | None:
        """Name and setting under the cursor."""
        key = self.query_one(Rows).key
        return (key, self._all[key]) if key is not None and key in self._all else None

    def _tell(self) -> None:
        chosen = self.chosen
        if chosen is None:
            return
        name, one = chosen
        bounds = f": {one.bounds}" if one.bounds else ""
        default = tr("default {value}").format(value=preferences.shown(one.default))
        self.query_one("#about", Lines).show(
            [[(f"{name}  ", "accent"), (default, "muted")], [f"{tr(one.help)}{bounds}"]]
        )

    def on_rows_moved(self, _message: Rows.Moved) -> None:
        """Other words."""
        self._tell()
        self.refresh_bindings()

    # --- changing -----------------------------------------------------------------------------

    def keys_depend_on(self) -> tuple[object, ...]:
        """Whether there is something to take back."""
        chosen = self.chosen
        return (*super().keys_depend_on(), chosen and chosen[1].set)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What can be done with the setting under the cursor."""
        if action in ("start", "stop", "pause", "watch", "freeze"):
            return False
        if action == "reset":
            chosen = self.chosen
            return bool(chosen and chosen[1].set and not self.studio.session.readonly)
        return super().check_action(action, parameters)

    def words_for(self, action: str) -> str:
        """What `m` and `e` have here."""
        if action == "manage":
            return tr("presets, reset all")
        return tr("edit the file") if action == "edit" else super().words_for(action)

    def project_of(self, name: str) -> Project | None:
        """Whose setting it is: the open project's, or None for the user's own."""
        return None if name.startswith(YOURS) else self.studio.session.project

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        """Change the one under the cursor."""
        if self.studio.session.readonly or message.key not in self._all:
            return
        one = self._all[message.key]
        field = preferences.field_of(one.name)

        def go(value: Any) -> None:
            if value is not None:
                self.change(message.key, value[0])

        project = self.project_of(message.key)
        self.app.push_screen(ChangeSetting(message.key, field, one, project), go)

    def action_reset(self) -> None:
        """Take the one under the cursor back to its default."""
        chosen = self.chosen
        if chosen is not None:
            self.change(chosen[0], None)

    @work(thread=True, group="change")
    def change(self, name: str, value: Any) -> None:
        """Write it; the list is read again."""
        self.attempt_in_thread(lambda: self._write({name: value}))
        self.app.call_from_thread(self.reread)

    def _write(self, values: dict[str, Any]) -> None:
        self.studio.session.require_writing()
        for name, value in values.items():
            own = name.removeprefix(YOURS)
            preferences.change(self.project_of(name), own, value)

    def reread(self) -> None:
        """The workbench uses what is set now."""
        self.attempt(self._take_own)
        self.read()

    def _take_own(self) -> None:
        self.studio.session.settings = settings.load()
        self.studio.session.reload()

    def action_edit(self) -> None:
        """The file of the setting under the cursor, in the user's editor."""
        chosen = self.chosen
        project = self.project_of(chosen[0]) if chosen else None
        edit_file(self, project.path / "project.toml" if project else own_file())
        self.reread()

    # --- presets ------------------------------------------------------------------------------

    def action_manage(self) -> None:
        """Presets, the key map, everything back to its default."""
        project = self.studio.session.project
        choices = [("k", "keys", tr("edit the key map")), ("r", "reset", tr("reset all of them"))]
        if project is not None:
            choices.append(("s", "save", tr("save this project's settings as a preset")))
            choices += [
                (str(n)[-1], f"load {name}", tr("load the preset {name}").format(name=name))
                for n, name in enumerate(presets.names()[:10])
            ]
        self.app.push_screen(Menu(tr("What is to be done?"), choices), self._do)

    def _do(self, chosen: str | None) -> None:
        project = self.studio.session.project
        if chosen == "keys":
            edit_file(self, settings.config_folder() / "keymap.toml")
        elif chosen == "reset":
            self._reset_all()
        elif chosen == "save" and project is not None:
            self.app.push_screen(SavePreset(project), self._saved)
        elif chosen and project is not None:
            self._load(project, chosen.removeprefix("load "))

    def _load(self, project: Project, name: str) -> None:
        def do() -> None:
            presets.apply(project, presets.load(name))

        self.apply(do)

    def _saved(self, path: Path | None) -> None:
        if path is not None:
            self.say(tr("Saved {path}.").format(path=path))

    @work(thread=True, group="change")
    def apply(self, act: Callable[[], object]) -> None:
        """Change many at once."""
        self.attempt_in_thread(act)
        self.app.call_from_thread(self.reread)

    def _reset_all(self) -> None:
        names = [name for name, one in self._all.items() if one.set]
        if not names:
            self.say(tr("Nothing differs from its default."))
            return
        question = tr("Take {n} settings back to their defaults?").format(n=len(names))

        def go(yes: bool | None) -> None:
            if yes:
                self.apply(lambda: self._write(dict.fromkeys(names)))

        self.app.push_screen(
            Confirm(question, safe_text(", ".join(names)), act=tr("Reset"), keep=tr("Keep")), go
        )

    # --- filter -------------------------------------------------------------------------------

    def action_filter(self) -> None:
        """Only settings with some words."""
        self.query_one(Filter).open()

    def on_filter_changed(self) -> None:
        """Each key filters."""
        self.show()

    def on_filter_left(self) -> None:
        """Back to the list."""
        self.query_one(Rows).focus()


class ChangeSetting(Dialog[tuple[Any]]):
    """Ends with the new value, in a tuple of one."""

    act = "Set"

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
        shown = preferences.shown(value) if isinstance(value, list | tuple) else value
        yield labelled(
            label_of(self._field.name), widget_of(self._field, shown), tr(self._field.help)
        )

    def on_mount(self) -> None:
        """Type at once."""
        super().on_mount()
        self.query_one(f"#set-{self._field.name}").focus()

    def command(self) -> list[str]:
        """`settings set NAME VALUE [--project PROJECT]`."""
        own = self._setting.removeprefix(YOURS)
        whose = ["--project", self._project.name] if self._project else []
        return ["settings", "set", own, *whose, "--", preferences.shown(self.accept()[0])]

    def accept(self) -> tuple[Any]:
        """The value, checked by its definition."""
        value = value_in(self._field, self.query_one(f"#set-{self._field.name}"))
        if self._field.type not in (bool, int, float, str):
            import shlex

            value = tuple(shlex.split(str(value))) if str(value) != "-" else ()
        preferences.check(self._one.name, value)
        return (value,)


class SavePreset(Dialog[Path]):
    """Ends with the file of the new preset."""

    heading = "Save this project's settings as a preset"
    act = "Save"

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._project = project

    def fields(self) -> Iterable[Widget]:
        """Its name."""
        yield labelled(tr("Name"), Input(id="name"))

    def accept(self) -> Path:
        """Write it."""
        name = self.query_one("#name", Input).value.strip()
        return presets.save(name, presets.of_project(self._project))


def own_file() -> Path:
    """The user's settings file, made where it is missing so that an editor opens it."""
    path = settings.config_folder() / settings.FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def row_of(name: str, one: SettingAnswer) -> Row:
    """One setting."""
    whose = tr("yours") if name.startswith(YOURS) else tr("project")
    value = preferences.shown(one.value)
    return Row(
        name,
        (
            name,
            (value, "accent") if one.set else value,
            whose if one.set else (tr("default"), "muted"),
            (preferences.shown(one.default), "muted"),
            tr(one.help),
        ),
    )


ROOM = SettingsRoom
