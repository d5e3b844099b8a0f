"""The menu of presets, over a form of settings or the room of them: load, save, remove; and all
settings back to their defaults."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from textual.app import App
from textual.widget import Widget
from textual.widgets import Input

from engine.errors import FstuiError
from engine.project import Project
from fstui.i18n import later, tr
from fstui.model import presets
from fstui.model.presets import Values
from fstui.rooms.choice import Choice, yes_no
from fstui.rooms.dialog import Dialog, labelled
from fstui.widgets.confirm import Confirm
from fstui.widgets.menu import Menu, digit


class Offers(NamedTuple):
    """What the menu's owner does."""

    load: Callable[[str], object]
    """Take a preset, by its name."""
    defaults: Callable[[], object]
    """Everything back to its default."""
    kept: Callable[[], Values]
    """What a new preset would have."""
    project: Project | None
    """Without one there is nothing to save from, and nothing to load into."""
    say: Callable[[str], object]


class SavePreset(Dialog[Path]):
    """Ends with the file of the new preset."""

    heading = later("Save these settings as a preset")
    act = later("Save")

    def __init__(self, project: Project, kept: Callable[[], Values]) -> None:
        super().__init__()
        self._project, self._kept = project, kept

    def fields(self) -> Iterable[Widget]:
        """Its name, and whether another of that name may go."""
        yield labelled(tr("Name"), Input(id="name"), tr("any project can load it"))
        yield labelled(tr("Replace"), yes_no(False, id="replace"), tr("one of this name"))

    def _wanted(self) -> tuple[str, bool]:
        replace = bool(self.query_one("#replace", Choice).value)
        return self.query_one("#name", Input).value.strip(), replace

    def command(self) -> list[str]:
        """`settings preset save NAME --project P`, where these are the project's own settings."""
        if self._kept() != presets.of_project(self._project):
            return []
        name, replace = self._wanted()
        words = ["settings", "preset", "save", name, "--project", self._project.name]
        return [*words, *(["--replace"] if replace else [])]

    def accept(self) -> Path:
        """Write it."""
        name, replace = self._wanted()
        return presets.save(name, self._kept(), replace=replace)


def choose(
    app: App[Any],
    offers: Offers,
    more: Sequence[tuple[str, str, str]] = (),
    chosen_more: Callable[[str], object] = lambda _chosen: None,
) -> None:
    """The menu; `more` are choices of the owner's own, as `Menu` has them."""
    names = presets.names()
    choices = [*more, ("d", "defaults", tr("everything back to its default"))]
    if offers.project is not None:
        choices.append(("s", "save", tr("save these settings as a preset")))
        choices += [
            (digit(n), f"load {name}", tr("load the preset {name}").format(name=name))
            for n, name in enumerate(names)
        ]
    if names:
        choices.append(("r", "remove", tr("remove a preset")))

    def go(chosen: str | None) -> None:
        if chosen in {value for _, value, _ in more}:
            chosen_more(chosen)
        elif chosen == "defaults":
            offers.defaults()
        elif chosen == "save":
            _save(app, offers)
        elif chosen == "remove":
            _remove(app, offers, names)
        elif chosen and chosen.startswith("load "):
            offers.load(chosen.removeprefix("load "))

    app.push_screen(Menu(tr("What is to be done?"), choices), go)


def _save(app: App[Any], offers: Offers) -> None:
    if offers.project is None:
        return

    def saved(path: Path | None) -> None:
        if path is not None:
            offers.say(tr("Saved {path}.").format(path=path))

    app.push_screen(SavePreset(offers.project, offers.kept), saved)


def _remove(app: App[Any], offers: Offers, names: list[str]) -> None:
    """Which one, and whether to."""

    def sure(name: str | None) -> None:
        if name is None:
            return

        def go(yes: bool | None) -> None:
            if not yes:
                return
            try:
                offers.say(tr("In trash/ now: {path}").format(path=presets.remove(name)))
            except FstuiError as error:
                offers.say(str(error))

        question = tr("Move the preset {name} to trash/?").format(name=name)
        lost = tr("Projects that have loaded it keep their settings.")
        app.push_screen(Confirm(question, lost, act=tr("Move it"), keep=tr("Keep")), go)

    choices = [(digit(n), name, name) for n, name in enumerate(names)]
    app.push_screen(Menu(tr("Which preset?"), choices), sure)
