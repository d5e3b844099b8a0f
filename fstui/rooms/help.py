"""Help: the keys that are valid now, read from the live bindings of the screen below."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from fstui import keymap
from fstui.i18n import later, tr
from fstui.rooms.bars import TITLES
from fstui.rooms.filtered import Filtered
from fstui.rooms.lines import Listing
from fstui.widgets.filter import Filter, matches
from fstui.widgets.rows import Column, Row, Rows

COLUMNS = (Column("Key", 16), Column("What it does", least=20), Column("Of", 9))
MOVE = later("Move")
"""The group of keys that are no row of the table."""


class Help(ModalScreen[None], Filtered):
    """A list of keys, filtered as one types."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "back", "Close", key_display="esc"),
        *keymap.bindings("filter"),
    ]

    def __init__(self, below: Screen[Any]) -> None:
        super().__init__()
        # Read now: once help is on top, only its own bindings are live.
        self._keys = live_keys(below)
        self._room = getattr(below, "room", "")

    def compose(self) -> ComposeResult:
        """Title and list."""
        with Vertical(classes="dialog dialog-tall"):
            title = tr("Keys that are valid now (esc closes)")
            if self._room:
                title = tr("Keys of the {room} room that are valid now (esc closes)")
            yield Static(
                Content(title.format(room=tr(TITLES.get(self._room, self._room)).lower())),
                classes="dialog--title",
            )
            yield Listing(COLUMNS, empty=tr("No key is valid here."))
            yield Filter(placeholder=tr("words of what a key does"))

    def on_mount(self) -> None:
        """Fill the list."""
        self.show()
        self.query_one(Rows).focus()

    def show(self) -> None:
        """Keys whose words, or others of the same meaning, match."""
        entry = self.query_one(Filter)
        others = {k.id: f"{k.words} {k.synonyms}" for k in keymap.KEYS}
        rows = [
            Row(action, (keys, words, group))
            for action, keys, words, group in self._keys
            if matches(entry.text, f"{keys} {words} {group} {others.get(action, '')}")
        ]
        empty = tr("No key matches: esc clears the filter.") if entry.text else None
        self.query_one(Rows).show(rows, empty=empty)
        if entry.text:
            entry.count(len(rows), len(self._keys))

    def action_back(self) -> None:
        """Close."""
        self.dismiss(None)


def live_keys(screen: Screen[Any]) -> list[tuple[str, str, str, str]]:
    """(action, keys, words, group) of every binding that is valid on a screen now."""
    words_for = getattr(screen, "words_for", lambda _action: "")
    groups = {k.id: k.group for k in keymap.KEYS}
    found: dict[str, tuple[list[str], str, str]] = {}
    for _node, binding, enabled, _tip in screen.active_bindings.values():
        # Textual's own (copying a selection with ctrl+c) are no part of the workbench.
        if not (enabled and binding.description) or binding.action.startswith("screen."):
            continue
        words = words_for(binding.action) or tr(binding.description)
        group = tr(groups.get(binding.action, MOVE))
        entry = found.setdefault(binding.action, ([], words, group))
        entry[0].append(keymap.shown(binding.key))
    order = {k.id: n for n, k in enumerate(keymap.KEYS)}
    rows = sorted(found.items(), key=lambda item: order.get(item[0], len(order)))
    return [(action, " ".join(keys), words, group) for action, (keys, words, group) in rows]
