"""The palette's commands: every action that is valid now, found by its words and their like."""

from __future__ import annotations

from functools import partial
from typing import Any

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider, SearchIcon
from textual.widgets import Input

from fstui import keymap
from fstui.i18n import tr
from fstui.keymap import Key


class Palette(CommandPalette):
    """Textual's palette without what an idle link or a plain terminal can't have."""

    def on_mount(self) -> None:
        """No blinking cursor, no emoji."""
        self.query_one(Input).cursor_blink = False
        self.query_one(SearchIcon).icon = ":"


class Actions(Provider):
    """Actions of the key table, of the room that the palette was opened on."""

    def _valid(self) -> list[tuple[Key, str, partial[Any]]]:
        """(row, words with the key, what runs it) of each valid action."""
        words_for = getattr(self.screen, "words_for", lambda _action: "")
        rows = {k.id: k for k in keymap.KEYS}
        found: dict[str, tuple[Key, str, partial[Any]]] = {}
        for node, binding, enabled, _tip in self.screen.active_bindings.values():
            row = rows.get(binding.action)
            if row is None or not enabled or row.id in ("command_palette", "back"):
                continue
            words = words_for(row.id) or tr(row.words)
            text = f"{words}  ({keymap.shown(binding.key)})"
            found.setdefault(row.id, (row, text, partial(self.app.run_action, row.id, node)))
        return [found[k.id] for k in keymap.KEYS if k.id in found]

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for _row, text, run in self._valid():
            yield DiscoveryHit(text, run)

    async def search(self, query: str) -> Hits:
        """By their words, or by words of the same meaning."""
        matcher = self.matcher(query)
        for row, text, run in self._valid():
            score = matcher.match(text)
            other = max((matcher.match(word) for word in _others(row)), default=0.0)
            if score > 0:
                yield Hit(score, matcher.highlight(text), run)
            elif other > 0:
                yield Hit(other * 0.8, text, run)


def _others(row: Key) -> list[str]:
    """Words under which a row is found too, the English ones in every language."""
    return [row.words, *row.synonyms.split()]
