"""The contact sheet of a clip over the room."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.errors import from_os_error
from engine.launch import ask
from engine.protocol import safe_text
from fstui import keymap
from fstui.i18n import tr
from fstui.rooms.bars import KeyBar
from fstui.threads import deliver, in_thread
from fstui.widgets.picture import Picture

PATIENCE_S = 300.0
"""Frames of a long film are far apart, and each takes decoding from a key frame on."""


class ContactSheet(ModalScreen[None]):
    """The engine makes it in a process of its own, in a folder that goes with this screen."""

    CSS_PATH = "../styles/media.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Close"),
        *keymap.bindings("full"),
    ]

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._folder = tempfile.TemporaryDirectory(prefix="fstui-sheet-")

    def compose(self) -> ComposeResult:
        """Title, picture, what is wrong, keys."""
        self.set_class(bool(getattr(self.app, "ascii_only", False)), "-ascii")
        title = tr("Frames of {name}").format(name=safe_text(self._path.name))
        with Vertical(classes="dialog dialog-tall"):
            yield Static(Content(title), classes="dialog--title")
            yield Picture(empty=tr("Frames are being decoded ..."))
            yield Static("", classes="dialog--problem", markup=False)
            yield KeyBar()

    def on_mount(self) -> None:
        """Ask."""
        self._ask()

    def on_unmount(self) -> None:
        """Nothing is left behind."""
        self._folder.cleanup()

    @in_thread(exclusive=True)
    def _ask(self) -> None:
        out = Path(self._folder.name) / "sheet.jpg"
        ask("contact", str(self._path), str(out), patience_s=PATIENCE_S)
        deliver(self, self._made, out)

    def _made(self, path: Path) -> None:
        self.query_one(Picture).show(path, tr("o shows it at full size"))
        self.refresh_bindings()

    def problem(self, text: str) -> None:
        """Say in one sentence why there is no picture."""
        self.query_one(Picture).empty = tr("No picture.")
        self.query_one(Picture).repaint()
        self.query_one(".dialog--problem", Static).update(Content(safe_text(text)))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing to show at full size before it is there."""
        return any(p.path for p in self.query(Picture)) if action == "full" else True

    def action_full(self) -> None:
        """The sheet at full resolution, outside the workbench."""
        from fstui.rooms.full import suspended

        path = self.query_one(Picture).path
        if path is None:
            return
        try:
            suspended(self.app, path)
        except OSError as error:
            self.problem(str(from_os_error(error, f"showing {path}")))

    def action_back(self) -> None:
        """Close."""
        self.dismiss(None)
