"""All about one thing, as lines over a room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.protocol import safe_text
from fstui.i18n import tr
from fstui.rooms.lines import Listing
from fstui.widgets.rows import Column, Row, Rows
from fstui.widgets.words import fold


class Details(ModalScreen[None]):
    """A title and lines that scroll; those that are too long go on in the next one."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", "Close")]
    DEFAULT_CSS = """
    Details { align: center middle; background: $background 60%; }
    """

    def __init__(self, title: str, lines: Sequence[str]) -> None:
        super().__init__()
        self._title, self._lines = title, lines

    def compose(self) -> ComposeResult:
        """Title and list."""
        with Vertical(classes="dialog dialog-tall"):
            title = tr("{name} (esc closes)").format(name=safe_text(self._title))
            yield Static(Content(title), classes="dialog--title")
            yield Listing([Column("", least=20)], empty=tr("Nothing is known of it."), header=False)

    def on_mount(self) -> None:
        """The lines, once the width is known."""
        self.query_one(Rows).focus()
        self.call_after_refresh(self.fill)

    def on_resize(self) -> None:
        """Fold them anew."""
        self.call_after_refresh(self.fill)

    def fill(self) -> None:
        """The lines at the present width."""
        rows = self.query_one(Rows)
        width = max(rows.content_size.width - 4, 20)
        lines = [piece for line in self._lines for piece in fold(safe_text(line), width) or [""]]
        rows.show([Row(str(number), (line,)) for number, line in enumerate(lines)])

    def action_back(self) -> None:
        """Close."""
        self.dismiss(None)
