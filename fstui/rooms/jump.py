"""The jump overlay: a letter on each pane that can have the focus; pressing it goes there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static

LETTERS = "asdfghjklqwertyuiopzxcvbnm"
"""The home row first."""


class Jump(ModalScreen[None]):
    """Letters over the screen below."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", "Close")]
    DEFAULT_CSS = """
    Jump { background: transparent; }
    Jump Static {
        width: 3; height: 1; position: absolute; text-align: center; text-style: bold;
        color: $block-cursor-foreground; background: $block-cursor-background;
    }
    """

    def __init__(self, targets: Sequence[Widget]) -> None:
        super().__init__()
        self._targets = dict(zip(LETTERS, targets, strict=False))

    def compose(self) -> ComposeResult:
        """One label a pane, at its top left corner."""
        for letter, target in self._targets.items():
            label = Static(letter, markup=False)
            label.styles.offset = (target.region.x, target.region.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        """Go to the pane of the letter; any other key but esc does nothing."""
        target = self._targets.get(event.character or "")
        if target is not None:
            event.stop()
            self.dismiss(None)
            target.screen.set_focus(target)

    def action_back(self) -> None:
        """Stay where one was."""
        self.dismiss(None)


def targets_of(screen: Screen[Any]) -> list[Widget]:
    """What can have the focus and is in sight, from the top left to the bottom right."""
    found = [w for w in screen.focus_chain if w.region.height and w.region.width]
    return sorted(found, key=lambda w: (w.region.y, w.region.x))[: len(LETTERS)]
