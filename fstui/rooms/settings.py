"""The settings room: every setting with its value, where that comes from, default and help."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from textual.widget import Widget

from engine.project import Project
from fstui import keymap, settings, theme
from fstui.i18n import later, tr, tr_n
from fstui.model import drafts, preferences, presets
from fstui.model.answers import SettingAnswer
from fstui.model.glance import FilesChanged, of_files
from fstui.rooms.bars import RoomBar
from fstui.rooms.edit import edit
from fstui.rooms.filtered import Filtered
from fstui.rooms.lines import Line, Lines
from fstui.rooms.presets import Offers, choose
from fstui.rooms.room import Room
from fstui.rooms.setting import YOURS, ChangeSetting
from fstui.threads import deliver, failure_of, in_thread
from fstui.widgets.confirm import Confirm
from fstui.widgets.filter import Filter, matches
from fstui.widgets.rows import Column, Row, Rows

COLUMNS = (
    Column("Setting", least=24),
    Column("Value", 16),
    Column("From", 8),
    Column("Default", 12),
    Column("What it is", least=24, sentence=True),
)
KINDS: dict[type, str] = {
    bool: later("true or false"),
    int: later("a whole number"),
    float: later("a number"),
    str: later("a word"),
}


class SettingsRoom(Room, Filtered):
    """All settings: the user's own, and those of the open project's stages."""

    room = "settings"
    CSS_PATH = "../styles/settings.tcss"
    BINDINGS: ClassVar[list[Any]] = keymap.bindings("filter", "reset", "manage", "edit")

    def __init__(self) -> None:
        super().__init__()
        self._all: dict[str, SettingAnswer] = {}
        self._own_keys = 0

    def body(self) -> Iterable[Widget]:
        """Where they are kept, the list, the one under the cursor in full."""
        yield Lines(id="where")
        yield Rows(COLUMNS, empty=tr("Reading the settings ..."), id="settings")
        yield Lines(id="about", wrap=True)
        yield Filter(placeholder=tr("words of a setting's name or help"))

    def asks(self) -> tuple[Callable[[], object | None], ...]:
        """Whether another hand wrote one of the files."""
        project, own = self.studio.session.project, settings.config_folder()
        files = [own / settings.FILE, own / "keymap.toml"]
        return (of_files(*files, *([project.path / "project.toml"] if project else [])),)

    def show_again(self) -> None:
        """Read them anew: they may have changed meanwhile."""
        super().show_again()
        self.read()

    def news(self, update: object = None) -> None:
        """Read them anew when another hand changed them."""
        if isinstance(update, FilesChanged):
            self.reread()
        super().news(update)

    @in_thread(exclusive=True, group="settings")
    def read(self) -> None:
        """In a thread: files are read."""
        project = self.studio.session.project

        def act() -> None:
            found = {f"{YOURS}{a.name}": a for a in preferences.answers(None)}
            known = Project.open(project.path) if project else None
            found |= {a.name: a for a in preferences.of_stages(known)}
            keys = len(keymap.load_overrides(settings.config_folder()))
            deliver(self, self.take, found, keys)

        if problem := failure_of(act):
            deliver(self, self.unread, problem)

    def take(self, found: dict[str, SettingAnswer], own_keys: int) -> None:
        """Show what was read."""
        self._all, self._own_keys = found, own_keys
        self.show()

    def unread(self, problem: str) -> None:
        """A file can't be used: say which, why, and what to do."""
        self._all = {}
        self.query_one(Rows).show([], empty=tr("Not one of them can be told: see below."))
        hint = tr("e edits your own file, the project's from its room (1, then e).")
        self.query_one("#about", Lines).show([[(problem, "bad")], [hint]])

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
        mine = tr("Theme {theme}, keys of your own: {n}")
        whose = tr("open a project to change its own")
        if project is not None:
            whose = tr("yours and those of {project}").format(project=project.name)
        said = mine.format(theme=self.app.theme, n=self._own_keys)
        return [(f"{said}; {whose}", "muted")]

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
        self.query_one("#about", Lines).show(about_lines(name, one, self._file_of(name)))

    def _file_of(self, name: str) -> Path:
        """Where a setting is kept."""
        project = self.project_of(name)
        own = settings.config_folder() / settings.FILE
        return project.path / "project.toml" if project else own

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
        project = self.project_of(message.key)
        if project is None and not message.key.startswith(YOURS):
            self.say(tr("A project's setting: open the project with 0 and enter, then O."))
            return
        field = preferences.field_of(one.name)

        def go(value: Any) -> None:
            if value is not None:
                self.change(message.key, value[0])

        self.app.push_screen(ChangeSetting(message.key, field, one, project), go)

    def action_reset(self) -> None:
        """Take the one under the cursor back to its default."""
        chosen = self.chosen
        if chosen is not None:
            self.change(chosen[0], None)

    @in_thread(group="change")
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
        self.reload()
        self.read()

    def _take_own(self) -> None:
        before = self.studio.session.settings
        now = self.studio.session.settings = settings.load()
        self.studio.tail.interval_s = now.poll_s
        self.studio.take_keys()
        self.query_one(RoomBar).repaint()
        if now.theme != before.theme:
            self.app.theme = theme.first(self.app)

    def action_edit(self) -> None:
        """The file of the setting under the cursor, in the user's editor."""
        chosen = self.chosen
        project = self.project_of(chosen[0]) if chosen else None
        self._edit(lambda: drafts.of_project(project.path) if project else drafts.of_settings())

    def _edit(self, begin: Callable[[], drafts.Draft]) -> None:
        def allowed() -> drafts.Draft:
            self.studio.session.require_writing()
            return begin()

        edit(self, allowed, self.reread)

    # --- presets, keys, theme -----------------------------------------------------------------

    def action_manage(self) -> None:
        """Presets, the key map, the theme, everything back to its default."""
        project = self.studio.session.project
        offers = Offers(self._load, self._reset_all, self._kept, project, self.say)
        more = [("k", "keys", tr("edit the key map")), ("t", "theme", tr("edit this theme's file"))]
        choose(self.app, offers, [(key, what, words) for key, what, words in more], self._more)

    def _more(self, chosen: str) -> None:
        self._edit(drafts.of_keymap if chosen == "keys" else self._of_theme)

    def _of_theme(self) -> drafts.Draft:
        return drafts.of_theme(self.app.theme)

    def _kept(self) -> presets.Values:
        project = self.studio.session.project
        return presets.of_project(project) if project else {}

    def _load(self, name: str) -> None:
        project = self.studio.session.project

        def do() -> None:
            self.studio.session.require_writing()
            if project is not None:
                presets.apply(project, presets.load(name))

        self.apply(do)

    @in_thread(group="change")
    def apply(self, act: Callable[[], object]) -> None:
        """Change many at once."""
        self.attempt_in_thread(act)
        self.app.call_from_thread(self.reread)

    def _reset_all(self) -> None:
        names = [name for name, one in self._all.items() if one.set]
        if not names:
            self.say(tr("Nothing differs from its default."))
            return
        question = tr_n(
            "Take {n} setting back to its default?",
            "Take {n} settings back to their defaults?",
            len(names),
        ).format(n=len(names))
        lost = tr("{names}. A copy of the file goes to trash/.")

        def go(yes: bool | None) -> None:
            if yes:
                self.apply(self._reset)

        act, keep = tr("Reset"), tr("Keep")
        lost = lost.format(names=", ".join(names))
        self.app.push_screen(Confirm(question, lost, act=act, keep=keep), go)

    def _reset(self) -> None:
        self.studio.session.require_writing()
        project, differ = self.studio.session.project, (n for n, a in self._all.items() if a.set)
        for whose in {None if name.startswith(YOURS) else project for name in differ}:
            preferences.reset(whose)


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


def about_lines(name: str, one: SettingAnswer, file: Path) -> list[Line]:
    """All about one setting: what it is, what it may be, where its value comes from."""
    field = preferences.field_of(one.name)
    unit = f" {field.unit}" if field.unit else ""
    value, default = preferences.shown(one.value), preferences.shown(one.default)
    where = str(file) if one.set else tr("the default")
    allowed = one.bounds or tr(KINDS.get(field.type, "words, with blanks between"))
    said = tr("default {default}{unit}; may be {allowed}")
    return [
        [(f"{name}  ", "accent"), f"{value}{unit}", (tr("  from "), "muted"), where],
        [tr(one.help)],
        [(said.format(default=default, unit=unit, allowed=allowed), "muted")],
    ]


ROOM = SettingsRoom
