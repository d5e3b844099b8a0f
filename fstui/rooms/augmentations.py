"""What training sees: a picture of the faces through each step of the augmentation."""

from __future__ import annotations

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
from fstui.rooms.full import suspended
from fstui.threads import deliver, in_thread
from fstui.widgets.picture import Picture

PATIENCE_S = 120.0


class Augmentations(ModalScreen[None]):
    """The engine draws the picture in a process of its own; it is shown when it is there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Close"),
        *keymap.bindings("full"),
    ]

    def __init__(self, project: Path) -> None:
        super().__init__()
        self._project = project

    def compose(self) -> ComposeResult:
        """Title, picture, and what is wrong in its place."""
        with Vertical(classes="dialog dialog-tall"):
            yield Static(
                Content(tr("What training sees (o shows it at full size, esc closes)")),
                classes="dialog--title",
            )
            yield Picture(empty=tr("The faces are being cut and varied ..."))
            yield Static("", classes="dialog--problem")

    def on_mount(self) -> None:
        """Ask."""
        self.ask()

    @in_thread(exclusive=True)
    def ask(self) -> None:
        """Wait for the engine's answer in a thread; closed meanwhile, it is wanted no more."""
        answer = ask("augmentations", str(self._project), "", patience_s=PATIENCE_S)
        caption = f"{answer['path']}: {', '.join(answer['columns'])}"
        deliver(self, self.shown, Path(answer["path"]), caption)

    def shown(self, path: Path, caption: str) -> None:
        """Show the picture."""
        self.query_one(Picture).show(path, caption)

    def problem(self, text: str) -> None:
        """Say in one sentence why there is no picture."""
        self.query_one(Picture).empty = tr("No picture.")
        self.query_one(Picture).repaint()
        self.query_one(".dialog--problem", Static).update(Content(safe_text(text)))

    def action_full(self) -> None:
        """The picture at full resolution, outside the workbench."""
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
