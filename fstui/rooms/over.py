"""What lies over a room and shows what a thread found."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.protocol import safe_text


class Over(ModalScreen[None]):
    """A dialogue of one title; esc closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", "Close")]

    def problem(self, text: str) -> None:
        """One sentence in place of what was to be shown."""
        self.query_one(".dialog--title", Static).update(Content(safe_text(text)))

    def action_back(self) -> None:
        """Close."""
        self.dismiss(None)
