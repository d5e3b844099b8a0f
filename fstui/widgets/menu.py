"""A question with a few answers, each by its letter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.protocol import safe_text
from fstui.i18n import tr
from fstui.widgets.rows import Column, Row, Rows

COLUMNS = (Column("Key", 4), Column("What", least=20))


def digit(index: int) -> str:
    """The key of an answer among many: 1 to 9, then 0. Behind that there is none left, and arrows
    and enter choose."""
    return "1234567890"[index : index + 1]


class Menu(ModalScreen[str]):
    """Ends with the value that was chosen, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", "Close")]
    DEFAULT_CSS = """
    Menu { align: center middle; background: $background 60%; }
    """

    def __init__(
        self, question: str, choices: Sequence[tuple[str, str, str]], **kwargs: Any
    ) -> None:
        """`choices` are (key, value, words); one may have no key."""
        super().__init__(**kwargs)
        self._question = safe_text(question)
        self._choices = list(choices)

    def compose(self) -> ComposeResult:
        """The question and its answers."""
        title = tr("{name} (esc closes)").format(name=self._question)
        with Vertical(classes="dialog dialog-choices"):
            yield Static(Content(title), classes="dialog--title")
            yield Rows(COLUMNS, header=False)

    def on_mount(self) -> None:
        """The first answer has the cursor; each key chooses."""
        rows = self.query_one(Rows)
        rows.styles.height = min(len(self._choices), 16)
        rows.show([Row(value, (key, words)) for key, value, words in self._choices])
        rows.focus()

    def on_key(self, event: Any) -> None:
        """The letter of an answer."""
        found = next((v for key, v, _ in self._choices if key == event.character), None)
        if found is not None:
            event.stop()
            event.prevent_default()
            self.dismiss(found)

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        """Enter on an answer."""
        self.dismiss(message.key)

    def action_back(self) -> None:
        """No answer."""
        self.dismiss(None)
