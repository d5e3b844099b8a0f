"""What is done with whole projects: rename, duplicate, archive, trash, back again; other
workspaces."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.widgets import Input

from engine import shelf
from engine.disk import disk_use
from engine.errors import BadInput, FstuiError
from engine.project import Project
from engine.shelf import Place
from engine.workspace import check_name
from fstui.i18n import later, tr
from fstui.model.words import plural, size
from fstui.places import typed_path
from fstui.rooms.choice import yes_no
from fstui.rooms.dialog import Dialog, labelled
from fstui.widgets.confirm import Confirm
from fstui.widgets.menu import Menu, digit
from fstui.widgets.pathinput import PathInput

if TYPE_CHECKING:
    from fstui.rooms.home import Home


class Rename(Dialog[str]):
    """Ends with the project's new name."""

    act = later("Rename")

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def title_text(self) -> str:
        """Which one."""
        return tr("Rename {name}").format(name=self._path.name)

    def fields(self) -> Iterable[Widget]:
        """The name."""
        yield labelled(tr("Name"), Input(self._path.name, id="name"))

    def command(self) -> list[str]:
        """`project rename OLD NEW`."""
        return ["project", "rename", self._path.name, self.accept()]

    def accept(self) -> str:
        """A name that can be one; the renaming itself is done in a thread."""
        return check_name(self.query_one("#name", Input).value.strip())


class Duplicate(Dialog[tuple[str, bool]]):
    """Ends with the name of the second project, and whether the model comes along."""

    act = later("Duplicate")

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def title_text(self) -> str:
        """Which one."""
        return tr("A second project with the footage and faces of {name}").format(
            name=self._path.name
        )

    def fields(self) -> Iterable[Widget]:
        """Name, and with or without the model."""
        yield labelled(tr("Name"), Input(f"{self._path.name}-2", id="name"))
        yield labelled(tr("Model"), yes_no(False, id="model"), tr("bring the trained model along"))

    def command(self) -> list[str]:
        """`project duplicate OLD NEW [--model]`."""
        name, model = self.accept()
        return ["project", "duplicate", self._path.name, name, *(["--model"] if model else [])]

    def accept(self) -> tuple[str, bool]:
        """What was asked for; the copying itself is done in a thread."""
        name = self.query_one("#name", Input).value.strip()
        if not name:
            raise BadInput(tr("The second project needs a name."))
        return name, bool(self.query_one("#model").value)  # type: ignore[attr-defined]


class OtherWorkspace(Dialog[Path]):
    """Ends with the folder of another workspace."""

    heading = later("Open another workspace")
    act = later("Open")

    def fields(self) -> Iterable[Widget]:
        """Its path."""
        path = PathInput(suffixes=(), placeholder=tr("path of a folder"), id="path")
        yield labelled(tr("Folder"), path)

    def accept(self) -> Path:
        """A folder that is there."""
        path = typed_path(self.query_one(PathInput).text)
        if not path.is_dir():
            raise BadInput(tr("There is no folder {path}.").format(path=path))
        return path

    def on_path_input_chosen(self, event: PathInput.Chosen) -> None:
        """Enter in the path."""
        event.stop()
        self.submit()


def choose(home: Home, path: Path | None) -> None:
    """The menu of what can be done with a project, or with what was put away."""
    choices = []
    if path is not None:
        choices = [
            ("r", "rename", tr("rename")),
            ("d", "duplicate", tr("duplicate: same footage and faces")),
            ("a", "archive", tr("put into the archive")),
            ("x", "trash", tr("put into the trash")),
        ]
    take_out = tr("take {place}/{name} out")
    away = sorted(shelf.kept(home.studio.session.workspace), key=lambda one: -one.since)
    choices += [
        (digit(n), str(one.path), take_out.format(place=one.place, name=one.name))
        for n, one in enumerate(away)
    ]
    if not choices:
        home.say(tr("There is no project to do something with."))
        return
    name = path.name if path else tr("what was put away")
    question = tr("What is to be done with {name}?").format(name=name)
    home.app.push_screen(Menu(question, choices), lambda chosen: _do(home, path, chosen))


def _do(home: Home, path: Path | None, chosen: str | None) -> None:
    if chosen is None:
        return
    if chosen.startswith("/"):
        home.act(lambda: shelf.take_out(Path(chosen)))
    elif path is None:
        return
    elif chosen == "rename":

        def rename(name: str | None) -> None:
            if name:
                home.act(lambda: shelf.rename(path, name))

        home.app.push_screen(Rename(path), rename)
    elif chosen == "duplicate":

        def copy(wanted: tuple[str, bool] | None) -> None:
            if wanted:
                home.act(_duplicated(home, path, *wanted))

        home.app.push_screen(Duplicate(path), copy)
    else:
        _put_away(home, path, "archive" if chosen == "archive" else "trash")


def _duplicated(home: Home, path: Path, name: str, model: bool) -> Callable[[], None]:
    def do() -> None:
        aim, linked = shelf.duplicate(path, name, model=model)
        how = tr("shares its large files") if linked else tr("is a full copy")
        home.app.call_from_thread(home.say, f"{aim.name} {how}.")

    return do


def _put_away(home: Home, path: Path, place: Place) -> None:
    """Ask with count and size, then move."""

    def ask() -> None:
        held = size(disk_use(path))
        try:
            sources = plural(len(Project.open(path).sources()), "source")
        except FstuiError:  # that it is damaged may be why it goes
            sources = tr("its project.toml can't be read")
        question = (
            tr("Put {name} into the trash?")
            if place == "trash"
            else tr("Put {name} into the archive?")
        )
        lost = tr("{sources}, {size}; m takes it out again, nothing is deleted.")
        home.app.call_from_thread(
            home.app.push_screen,
            Confirm(
                question.format(name=path.name),
                lost.format(sources=sources, size=held),
                act=tr("Move it"),
                keep=tr("Keep"),
            ),
            lambda yes: home.act(lambda: shelf.put_away(path, place)) if yes else None,
        )

    home.act(ask)


def choose_workspace(home: Home) -> None:
    """The menu of workspaces: those of late, and another one."""
    session = home.studio.session
    known = [w for w in session.state.workspaces if w != str(session.workspace)][:9]
    choices = [(str(n), path, path) for n, path in enumerate(known, 1)]
    choices.append(("o", "other", tr("another folder")))

    def go(chosen: str | None) -> None:
        if chosen == "other":
            home.app.push_screen(
                OtherWorkspace(), lambda path: home.turn_to(path) if path else None
            )
        elif chosen:
            home.turn_to(Path(chosen))

    home.app.push_screen(Menu(tr("Which workspace?"), choices), go)
