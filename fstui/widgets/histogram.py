"""A histogram with a cursor that cuts out a range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip

from fstui.widgets.paint import StripView, from_cells, line
from fstui.widgets.words import fit

LEVELS = " ▁▂▃▄▅▆▇█"
ASCII_LEVELS = "  ..::###"


class Histogram(StripView, can_focus=True):
    """Counts of equal parts of a range, one bar each; they are as wide as there is room."""

    @dataclass
    class Moved(Message):
        """The cursor, or the range, is another."""

        histogram: Histogram

    @dataclass
    class Cut(Message):
        """Enter: the range is wanted."""

        first: int
        last: int

    @dataclass
    class Turned(Message):
        """Another figure is wanted: the one before (-1) or the next (1)."""

        by: int

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "move(1)", "Next bar", show=False),
        Binding("left,h", "move(-1)", "Bar before", show=False),
        Binding("pagedown", "move(10)", "Ten bars on", show=False),
        Binding("pageup", "move(-10)", "Ten bars back", show=False),
        Binding("home,g", "go(0)", "First bar", show=False),
        Binding("end,G", "go(-1)", "Last bar", show=False),
        Binding("down,j", "turn(1)", "Next figure", show=False),
        Binding("up,k", "turn(-1)", "Figure before", show=False),
        Binding("space", "mark", "The range begins here", show=False),
        Binding("enter", "choose", "Filter by the range"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"histogram--{n}" for n in ("bar", "cut", "cursor", "empty")
    }
    DEFAULT_CSS = """
    Histogram { height: 1fr; width: 1fr; }
    Histogram > .histogram--bar { color: $accent; }
    Histogram > .histogram--cut { color: $text-warning; }
    Histogram > .histogram--cursor { color: $text-error; text-style: bold; }
    Histogram > .histogram--empty { color: $text-muted; }
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._bars: Sequence[int] = ()
        self.empty = ""
        self.at = 0
        self.start: int | None = None
        """Where the range begins; None for the cursor's own bar."""

    def show(self, bars: Sequence[int], empty: str = "") -> None:
        """Take other counts; the cursor begins anew."""
        self._bars, self.empty = bars, empty
        self.at, self.start = 0, None
        self.repaint()
        self.post_message(self.Moved(self))

    @property
    def range(self) -> tuple[int, int]:
        """The first and the last bar that are cut out."""
        low, high = sorted((self.at if self.start is None else self.start, self.at))
        return low, high

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.at = max(0, min(self.at + by, len(self._bars) - 1))
        self.repaint()
        self.post_message(self.Moved(self))

    def action_go(self, to: int) -> None:
        """First or last bar."""
        self.action_move(len(self._bars) if to < 0 else -self.at)

    def action_turn(self, by: int) -> None:
        """Another figure."""
        self.post_message(self.Turned(by))

    def action_mark(self) -> None:
        """The range begins here, or is this bar alone again."""
        self.start = self.at if self.start is None else None
        self.action_move(0)

    def action_choose(self) -> None:
        """Filter by the range."""
        if self._bars:
            self.post_message(self.Cut(*self.range))

    def paint(self, width: int, height: int) -> list[Strip]:
        """Columns of blocks, below them the cursor."""
        if not self._bars or height < 2:
            return [line((fit(self.empty, width), self.style_of("histogram--empty")))]
        wide = max(1, width // len(self._bars))
        rows = [self._row(row, height - 1, wide) for row in range(height - 1)]
        return [*rows, self._pointer(wide)]

    def _row(self, row: int, rows: int, wide: int) -> Strip:
        """One line of the columns, `row` from the top."""
        levels = ASCII_LEVELS if self.ascii_only else LEVELS
        most = max(self._bars) or 1
        floor = (rows - 1 - row) * 8
        eighths = [-(-count * rows * 8 // most) for count in self._bars]
        characters = [levels[max(0, min(8, height - floor))] for height in eighths]
        return self._columns(characters, wide)

    def _columns(self, characters: list[str], wide: int) -> Strip:
        """One character for each bar, over all of its columns."""
        styles = [self._style(i) for i in range(len(characters))]
        return from_cells(
            [c for c in characters for _ in range(wide)], [s for s in styles for _ in range(wide)]
        )

    def _style(self, index: int) -> Style:
        low, high = self.range
        name = "cursor" if index == self.at else "cut" if low <= index <= high else "bar"
        return self._styles[name]

    def _pointer(self, wide: int) -> Strip:
        low, high = self.range
        sign, dash = ("^", "-") if self.ascii_only else ("▲", "─")
        characters = [
            sign if i == self.at else dash if low <= i <= high else " "
            for i in range(len(self._bars))
        ]
        return self._columns(characters, wide)

    @property
    def _styles(self) -> dict[str, Style]:
        return {n: self.style_of(f"histogram--{n}") for n in ("bar", "cut", "cursor")}
