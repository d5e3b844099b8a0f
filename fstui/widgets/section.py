"""A section of a form: a heading of one line that folds and opens the fields below it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.strip import Strip
from textual.widget import Widget

from fstui.i18n import tr, tr_n
from fstui.widgets.paint import StripView, line
from fstui.widgets.words import shorten


class Heading(StripView, can_focus=True):
    """`+ Saving  5 settings, * 2 changed`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "turn(1)", "Open", show=False),
        Binding("left,h", "turn(-1)", "Fold", show=False),
        Binding("enter,space", "turn(0)", "Open or fold", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"heading--title", "heading--count", "heading--changed"}
    DEFAULT_CSS = """
    Heading { height: 1; width: 1fr; }
    Heading:focus { background: $block-cursor-background; color: $block-cursor-foreground; }
    Heading > .heading--title { text-style: bold; }
    Heading > .heading--count { color: $text-muted; }
    Heading > .heading--changed { color: $text-accent; text-style: bold; }
    """

    def __init__(self, section: Section) -> None:
        super().__init__()
        self._section = section

    def paint(self, width: int, height: int) -> list[Strip]:
        """The one line; the focus' own colours go over all of it."""
        section = self._section
        n = len(section.rows)
        counted = tr_n("{n} setting", "{n} settings", n).format(n=n)
        title = f"{'-' if section.open else '+'} {section.title}  "
        parts = [(title, "title"), (counted, "count")]
        if section.changed:
            parts.append((tr(", * {n} changed").format(n=section.changed), "changed"))
        left, shown = width, []
        for text, style in parts:
            text = shorten(text, left, self.ascii_only)
            left -= cell_len(text)
            shown.append((text, None if self.has_focus else self.style_of(f"heading--{style}")))
        return [line(*shown)]

    def action_turn(self, to: int) -> None:
        """Open (1), fold (-1), or the other of the two (0)."""
        self._section.open = to > 0 or (to == 0 and not self._section.open)

    def on_focus(self) -> None:
        """The cursor shows where the keys go."""
        self.repaint()

    def on_blur(self) -> None:
        """The cursor shows where the keys go."""
        self.repaint()

    def on_click(self, _event: events.Click) -> None:
        """A click does what enter does."""
        self.action_turn(0)


class Section(Vertical):
    """Rows of fields under a heading. A field that gets the focus opens its section."""

    DEFAULT_CSS = """
    Section { height: auto; }
    Section > .section--rows { height: auto; }
    Section.-folded > .section--rows { display: none; }
    """

    def __init__(self, title: str, rows: Sequence[Widget], *, open: bool) -> None:
        super().__init__()
        self.title = title
        self.rows = list(rows)
        self.changed = 0
        """Fields that differ from their defaults."""
        self._heading = Heading(self)
        self._narrowed = self._was_folded = False
        self.set_class(not open, "-folded")

    def compose(self) -> ComposeResult:
        """Heading and rows."""
        yield self._heading
        yield Vertical(*self.rows, classes="section--rows")

    @property
    def open(self) -> bool:
        """Whether the rows show."""
        return self._narrowed or not self.has_class("-folded")

    @open.setter
    def open(self, open: bool) -> None:
        if not self._narrowed:
            self.set_class(not open, "-folded")
            self._heading.repaint()

    def count(self, changed: int) -> None:
        """Say how many fields differ from their defaults."""
        if changed != self.changed:
            self.changed = changed
            self._heading.repaint()

    def narrow(self, wanted: set[Widget] | None) -> None:
        """Show only some of the rows, also where it is folded, or (None) all as before."""
        if wanted is not None and not self._narrowed:
            self._was_folded = self.has_class("-folded")
        if wanted is None and self._narrowed:
            self.set_class(self._was_folded, "-folded")
        elif wanted is not None:
            self.remove_class("-folded")
        self._narrowed = wanted is not None
        for row in self.rows:
            row.display = wanted is None or row in wanted
        self.display = wanted is None or any(row in wanted for row in self.rows)
        self._heading.repaint()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """What one types into is in sight."""
        if event.widget is not self._heading and not self.open:
            self.open = True
            self.call_after_refresh(event.widget.scroll_visible, animate=False)
