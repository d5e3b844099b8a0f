"""The menu that sorts faces: each figure has a letter; the same letter again turns the order."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from fstui.i18n import tr
from fstui.model.facewords import MEANINGS, SORT_KEYS
from fstui.widgets.rows import Column, Row, Rows

COLUMNS = (Column("Key", 4), Column("Figure", 13), Column("What it is", least=12, sentence=True))


class SortMenu(ModalScreen[str]):
    """Ends with the name of a figure, or with nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Close"),
        *(Binding(key, f"sort('{name}')", name, show=False) for name, key in SORT_KEYS.items()),
    ]

    def __init__(self, sort: str, descending: bool) -> None:
        super().__init__()
        self._sort, self._descending = sort or "frame", descending

    def compose(self) -> ComposeResult:
        """Title and figures."""
        with Vertical(classes="dialog dialog-menu"):
            title = tr("Sort by: press a letter, the same again turns the order (esc closes)")
            yield Static(Content(title), classes="dialog--title")
            yield Rows(COLUMNS)

    def on_mount(self) -> None:
        """The figure that it is sorted by has the cursor."""
        down, up = ("v", "^") if getattr(self.app, "ascii_only", False) else ("↓", "↑")
        way = up if self._descending else down
        rows = self.query_one(Rows)
        rows.show(
            [
                Row(
                    name,
                    (letter, f"{name} {way}" if name == self._sort else name, tr(MEANINGS[name])),
                )
                for name, letter in SORT_KEYS.items()
            ]
        )
        rows.select(self._sort)
        rows.focus()

    def action_sort(self, name: str) -> None:
        """The letter of a figure."""
        self.dismiss(name)

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        """Enter on a figure."""
        self.dismiss(message.key)

    def action_back(self) -> None:
        """Leave the order as it is."""
        self.dismiss(None)
