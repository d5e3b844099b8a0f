"""The dialogue that makes a project."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from textual.widget import Widget
from textual.widgets import Input

from engine.project import Project
from fstui.i18n import later, tr
from fstui.rooms.dialog import Dialog, labelled


class NewProject(Dialog[Path]):
    """Asks for a name; ends with the new project's folder."""

    heading = later("New project")
    act = later("Make it")

    def __init__(self, workspace: Path) -> None:
        super().__init__()
        self._workspace = workspace

    def fields(self) -> Iterable[Widget]:
        """The name."""
        yield labelled(tr("Name"), Input(id="name"), tr("becomes a folder's name"))

    def command(self) -> list[str]:
        """`new NAME`."""
        return ["new", self.query_one("#name", Input).value.strip()]

    def accept(self) -> Path:
        """Make the folder."""
        return Project.create(self._workspace, self.query_one("#name", Input).value.strip()).path
