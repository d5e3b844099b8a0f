"""The filter of a list: `/` opens it, each key filters, esc clears and closes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from fstui.i18n import tr


class Filter(Horizontal):
    """An input with the number of matches; hidden while it is empty and unused."""

    @dataclass
    class Changed(Message):
        """The text to filter by; empty for everything."""

        filter: Filter
        text: str

        @property
        def control(self) -> Filter:
            """The filter that sent it."""
            return self.filter

    @dataclass
    class Left(Message):
        """The user is done typing: focus belongs to the list again."""

        filter: Filter

        @property
        def control(self) -> Filter:
            """The filter that sent it."""
            return self.filter

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear filter", show=False),
        Binding("down,enter", "leave", "To the list", show=False),
    ]

    DEFAULT_CSS = """
    Filter { height: 1; width: 1fr; display: none; }
    Filter.-open { display: block; }
    Filter Input, Filter Input:focus {
        width: 1fr; height: 1; border: none; padding: 0; background: $panel;
    }
    Filter .filter--slash { width: 2; color: $text-accent; text-style: bold; }
    Filter .filter--count { width: auto; padding: 0 1; color: $text-muted; }
    """

    def __init__(self, *, placeholder: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._placeholder = placeholder or tr("filter")

    def compose(self) -> ComposeResult:
        """A slash, the input, the count."""
        yield Static("/", classes="filter--slash")
        entry = Input(placeholder=self._placeholder, select_on_focus=False)
        entry.cursor_blink = False  # a blinking cursor is traffic on an idle link
        yield entry
        yield Static("", classes="filter--count")

    @property
    def text(self) -> str:
        """What is filtered by."""
        return self.query_one(Input).value

    @text.setter
    def text(self, text: str) -> None:
        """Put a text back, as when a room is entered again."""
        self.query_one(Input).value = text
        self.set_class(bool(text), "-open")

    def open(self) -> None:
        """Show it and type into it; at once, for more may have been typed already."""
        self.add_class("-open")
        self.screen.set_focus(self.query_one(Input))

    def count(self, matches: int, total: int) -> None:
        """How many rows match."""
        found = tr("{done} of {all}").format(done=matches, all=total)
        words = found if matches else tr("no match: esc clears")
        self.query_one(".filter--count", Static).update(Content(words))

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(self, event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_leave()

    def action_clear(self) -> None:
        """Everything again, and back to the list."""
        self.query_one(Input).value = ""
        self.action_leave()

    def action_leave(self) -> None:
        """Back to the list; an active filter stays visible."""
        self.set_class(bool(self.text), "-open")
        self.post_message(self.Left(self))


def matches(text: str, name: str) -> bool:
    """Whether a name has all words of the filter in it, whatever their case."""
    low = name.casefold()
    return all(word in low for word in text.casefold().split())
