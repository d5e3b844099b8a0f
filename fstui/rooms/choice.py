"""A field with one of a few values: left and right turn it, and it fits into one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from fstui.i18n import tr
from fstui.widgets.paint import StripView, line
from fstui.widgets.words import fit


class Choice(StripView, can_focus=True):
    """Shows `< value >`; the value in words, so that colour says nothing alone."""

    @dataclass
    class Accepted(Message):
        """Enter was pressed on it."""

        choice: Choice

    @dataclass
    class Turned(Message):
        """Another value was chosen."""

        choice: Choice

        @property
        def control(self) -> Choice:
            """The field that was turned."""
            return self.choice

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l,space", "turn(1)", "Next value", show=False),
        Binding("left,h", "turn(-1)", "Value before", show=False),
        Binding("enter", "accept", "Accept", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"choice--arrow", "choice--empty"}
    DEFAULT_CSS = """
    Choice { height: 1; width: 22; background: $panel; }
    Choice:focus { background: $block-cursor-background; color: $block-cursor-foreground; }
    Choice > .choice--arrow { text-style: bold; }
    Choice > .choice--empty { text-style: italic; }
    """

    def __init__(
        self,
        options: Sequence[tuple[str, Any]],
        value: Any = None,
        *,
        prompt: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._options = list(options)
        self._prompt = prompt or tr("choose with left/right")
        values = [v for _, v in self._options]
        self._at = values.index(value) if value in values else -1

    @property
    def value(self) -> Any:
        """The chosen value; None before one was chosen."""
        return self._options[self._at][1] if self._at >= 0 else None

    def paint(self, width: int, height: int) -> list[Strip]:
        """`< value >` or what to do."""
        arrow = self.style_of("choice--arrow")
        chosen = self._at >= 0
        text = self._options[self._at][0] if chosen else self._prompt
        shown = fit(text, max(0, width - 4), ascii_only=self.ascii_only)
        return [
            line(
                ("< ", arrow),
                (shown, None if chosen else self.style_of("choice--empty")),
                (" >", arrow),
            )
        ]

    def action_turn(self, by: int) -> None:
        """Another value; after the last comes the first."""
        start = self._at if self._at >= 0 or by > 0 else 0
        self._at = (start + by) % len(self._options)
        self.repaint()
        self.post_message(self.Turned(self))

    def put(self, value: Any) -> None:
        """Turn to a value; one that isn't among them changes nothing."""
        at = next((n for n, (_, v) in enumerate(self._options) if v == value), self._at)
        if at != self._at:
            self._at = at
            self.repaint()
            self.post_message(self.Turned(self))

    def action_accept(self) -> None:
        """Enter accepts the whole form."""
        self.post_message(self.Accepted(self))

    def on_click(self, event: events.Click) -> None:
        """The left half turns back, the rest on."""
        self.action_turn(-1 if event.x < 2 else 1)


def yes_no(value: bool, **kwargs: Any) -> Choice:
    """A choice of two."""
    return Choice([(tr("yes"), True), (tr("no"), False)], value, **kwargs)
