"""What lies over a room and shows what a thread found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from engine.errors import FstuiError, from_os_error
from engine.protocol import safe_text
from fstui import keymap
from fstui.i18n import tr
from fstui.rooms.full import suspended
from fstui.threads import deliver, in_thread
from fstui.widgets.picture import Picture

T = TypeVar("T")


class Over(ModalScreen[None]):
    """A dialogue of one title; esc closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", "Close")]

    def problem(self, text: str) -> None:
        """One sentence in place of what was to be shown."""
        self.query_one(".dialog--title", Static).update(Content(safe_text(text)))

    def action_back(self) -> None:
        """Close."""
        self.dismiss(None)


class OverPicture(ModalScreen[T], Generic[T]):
    """A picture that the engine makes in a process of its own, asked for as this opens."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Close"),
        *keymap.bindings("full"),
    ]

    def compose(self) -> ComposeResult:
        """Title, picture, what is wrong in its place, keys."""
        with Vertical(classes="dialog dialog-tall"):
            yield Static(Content(self.title_text()), classes="dialog--title")
            yield self.picture()
            yield Static("", classes="dialog--problem")
            yield from self.below()

    def title_text(self) -> str:
        """The heading."""
        raise NotImplementedError

    def picture(self) -> Picture:
        """The picture before it is there."""
        raise NotImplementedError

    def look(self) -> Callable[[], object]:
        """In a thread: have it made; what shows it (`made`)."""
        raise NotImplementedError

    def below(self) -> Iterable[Widget]:
        """What stands under the picture."""
        return ()

    def on_mount(self) -> None:
        """Ask."""
        self._say("")
        self.ask()

    @in_thread(exclusive=True)
    def ask(self) -> None:
        """Have it made; closed meanwhile, it is wanted no more."""
        deliver(self, self.look())

    def made(self, path: Path, caption: str) -> None:
        """Show it."""
        self.query_one(Picture).show(path, caption)
        self._say("")

    def problem(self, text: str) -> None:
        """Say in one sentence why there is no picture."""
        picture = self.query_one(Picture)
        picture.empty = tr("No picture.")
        picture.show(None, "")
        self._say(text)

    def _say(self, text: str) -> None:
        line = self.query_one(".dialog--problem", Static)
        line.display = bool(text)  # else the picture has its row
        line.update(Content(safe_text(text)))
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing to show at full size before it is there."""
        return any(p.path for p in self.query(Picture)) if action == "full" else True

    def action_full(self) -> None:
        """The picture at full resolution, outside the workbench."""
        path = self.query_one(Picture).path
        if path is None:
            return
        try:
            suspended(self.app, path)
        except FstuiError as error:
            self._say(str(error))
        except OSError as error:
            self._say(str(from_os_error(error, f"showing {path}")))

    def action_back(self) -> None:
        """Close."""
        self.dismiss(None)
