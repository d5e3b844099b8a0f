"""A list of any length: only the visible rows are asked for, only changed cells are sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from fstui.i18n import tr
from fstui.widgets.columns import Cell, Column, Place, Row, Tone, lay_out
from fstui.widgets.paint import StripView
from fstui.widgets.rowlines import GUTTER, Painter

__all__ = ["Cell", "Column", "Indexed", "Row", "Rows", "Tone"]


@runtime_checkable
class Indexed(Protocol):
    """Rows that know the place of a key; others are searched."""

    def index_of(self, key: str) -> int | None:
        """The place of a key, None when it isn't there any more."""


class Rows(StripView, can_focus=True):
    """A virtual list with a cursor. `show()` takes any sequence of `Row`, also a lazy one."""

    @dataclass
    class Sent(Message):
        """What a list tells its owner."""

        rows: Rows

        @property
        def control(self) -> Rows:
            """The list that sent it."""
            return self.rows

    @dataclass
    class Moved(Sent):
        """The cursor is on another row."""

        key: str
        index: int

    @dataclass
    class Chosen(Sent):
        """Enter, or a second click on the row under the cursor."""

        key: str
        index: int

    @dataclass
    class Marked(Sent):
        """A row was marked, or is no more."""

        key: str

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False),
        Binding("home,g", "go(0)", "First", show=False),
        Binding("end,G", "go(-1)", "Last", show=False),
        Binding("right,l", "shift(1)", "Columns to the right", show=False),
        Binding("left,h", "shift(-1)", "Columns to the left", show=False),
        Binding("enter", "choose", "Open"),
        Binding("space", "mark", "Mark", show=False),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"rows--{n}"
        for n in "header cursor blurred empty bar mark good bad warn muted accent".split()
    }

    DEFAULT_CSS = """
    Rows { height: 1fr; width: 1fr; }
    Rows > .rows--header { color: $text-muted; text-style: bold; }
    Rows > .rows--cursor {
        color: $block-cursor-foreground; background: $block-cursor-background; text-style: bold;
    }
    Rows > .rows--blurred { text-style: bold underline; }
    Rows > .rows--empty { color: $text-muted; }
    Rows > .rows--bar { color: $text-muted; }
    Rows > .rows--mark { color: $text-accent; text-style: bold; }
    Rows > .rows--good { color: $text-success; }
    Rows > .rows--bad { color: $text-error; }
    Rows > .rows--warn { color: $text-warning; }
    Rows > .rows--muted { color: $text-muted; }
    Rows > .rows--accent { color: $text-accent; }
    """

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        empty: str = "",
        header: bool = True,
        marks: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.columns = tuple(columns)
        self.empty = empty or tr("Nothing here yet.")
        self.header = header
        self.marks = marks
        """Whether space marks rows."""
        self.opens = True
        """Whether there is something to open under the cursor."""
        self.marked: set[str] = set()
        self._rows: Sequence[Row] = ()
        self._index = 0
        self._key: str | None = None
        self._wanted: str | None = None
        """Where the cursor goes as soon as that key is there."""
        self._top = 0
        self._shift = 0

    # --- data ---------------------------------------------------------------------------------

    def show(self, rows: Sequence[Row], *, empty: str | None = None) -> None:
        """Take new rows; the cursor stays on its key, or on its place when the key is gone."""
        self._rows = rows
        if empty is not None:
            self.empty = empty
        old_key, offset = self._key, self._index - self._top
        at = self._find(old_key) if old_key is not None else None
        if self._wanted is not None and (wanted := self._find(self._wanted)) is not None:
            at, self._wanted = wanted, None
        self._index = at if at is not None else max(0, min(self._index, len(rows) - 1))
        self._top = self._index - offset
        self._settle(old_key)

    def _find(self, key: str) -> int | None:
        if isinstance(self._rows, Indexed):
            return self._rows.index_of(key)
        if self._index < len(self._rows) and self._rows[self._index].key == key:
            return self._index
        return next((i for i, row in enumerate(self._rows) if row.key == key), None)

    @property
    def index(self) -> int:
        """Place of the cursor; 0 in an empty list."""
        return self._index

    @property
    def key(self) -> str | None:
        """Key of the row under the cursor."""
        return self._key

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self._rows[self._index] if len(self._rows) else None

    def __len__(self) -> int:
        return len(self._rows)

    def __bool__(self) -> bool:
        return True

    def select(self, key: str) -> bool:
        """Put the cursor on a key; whether it is there."""
        at = self._find(key)
        if at is not None:
            self.move_to(at)
        return at is not None

    def want(self, key: str) -> None:
        """Put the cursor on a key, as soon as it is there if it isn't yet."""
        if not self.select(key):
            self._wanted = key

    def move_to(self, index: int) -> None:
        """Put the cursor on a place, as near as there is one."""
        self._wanted = None
        before = self._key
        self._index = max(0, min(index, len(self._rows) - 1))
        self._settle(before)

    def _settle(self, before: str | None) -> None:
        """Bring the cursor into view, paint, and say so if it is on another key."""
        self._key = self._rows[self._index].key if len(self._rows) else None
        page = self.page
        self._top = max(self._index - page + 1, min(self._top, self._index))
        self._top = max(0, min(self._top, len(self._rows) - page))
        self.repaint()
        if self._key is not None and self._key != before:
            self.post_message(self.Moved(self, self._key, self._index))

    @property
    def in_sight(self) -> range:
        """Places of the visible rows."""
        return range(self._top, min(self._top + self.page, len(self._rows)))

    @property
    def keys_in_sight(self) -> list[str]:
        """Keys of the visible rows."""
        return [self._rows[index].key for index in self.in_sight]

    @property
    def page(self) -> int:
        """How many rows are visible."""
        return max(1, self.content_size.height - int(self.header))

    # --- keys and mouse -----------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.move_to(self._index + by)

    def action_page(self, by: int) -> None:
        """Move the cursor by a page, less one row for the eye."""
        self.move_to(self._index + by * max(1, self.page - 1))

    def action_go(self, to: int) -> None:
        """First or last row."""
        self.move_to(len(self._rows) - 1 if to < 0 else to)

    def action_shift(self, by: int) -> None:
        """Leave out columns on the left when not all fit."""
        last = len(self.columns) - 1
        if by < 0 or self._places(self.content_size.width)[-1].number != last:
            self._shift = max(0, self._shift + by)
            self.repaint()

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        if self._key is not None:
            self.post_message(self.Chosen(self, self._key, self._index))

    def action_mark(self) -> None:
        """Mark or unmark the row and go on to the next."""
        if self.marks and self._key is not None:
            self.marked ^= {self._key}
            self.post_message(self.Marked(self, self._key))
            self.move_to(self._index + 1)
            self.repaint()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Marking is offered only where rows can be marked, opening where there is something."""
        if action == "choose":
            return self.opens
        return self.marks if action == "mark" else True

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; on the cursor's row it opens."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y < int(self.header):
            return
        index = self._top + offset.y - int(self.header)
        if index >= len(self._rows):
            return
        if index == self._index and event.chain > 1:
            self.action_choose()
        else:
            self.move_to(index)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three rows on."""
        event.stop()
        self.move_to(self._index + 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Three rows back."""
        event.stop()
        self.move_to(self._index - 3)

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._settle(self._key)

    def on_focus(self) -> None:
        """The cursor shows where the keys go."""
        self.repaint()

    def on_blur(self) -> None:
        """The cursor shows where the keys go."""
        self.repaint()

    # --- painting -----------------------------------------------------------------------------

    def _places(self, width: int) -> list[Place]:
        """The columns that fit, with their widths; one column on the right is the scroll bar's."""
        return lay_out(self.columns, width - GUTTER - 1, self._shift)

    def paint(self, width: int, height: int) -> list[Strip]:
        """The header and the visible rows."""
        painter = Painter(self.columns, self._places(width), width, self._style, self.ascii_only)
        head = [painter.header()] if self.header else []
        total, count = len(self._rows), height - len(head)
        if not total:
            return [*head, painter.note(self.empty)]
        bar = painter.scroll_bar(self._top, count, total)
        return head + [
            painter.entry(
                self._rows[i],
                bar[i - self._top],
                cursor=i == self._index,
                marked=self._rows[i].key in self.marked,
            )
            for i in range(self._top, min(self._top + count, total))
        ]

    def _style(self, name: str) -> Style:
        if name == "cursor" and not self.has_focus:
            name = "blurred"
        return self.style_of(f"rows--{name}")
