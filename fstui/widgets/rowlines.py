"""The lines of a list: header, entries, scroll bar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from fstui.i18n import tr
from fstui.widgets.columns import Cell, Column, Place, Row, Tone
from fstui.widgets.paint import line
from fstui.widgets.words import clip, fit

GUTTER = 2
"""Columns on the left for the cursor's and the mark's sign: colour is not needed."""


@dataclass(frozen=True)
class Painter:
    """How a list looks at one size."""

    columns: Sequence[Column]
    places: Sequence[Place]
    width: int
    style: Callable[[str], Style]
    """The style of a part: header, cursor, empty, bar, mark, or of a tone."""
    ascii_only: bool

    def header(self) -> Strip:
        """The columns' titles."""
        text = " " * GUTTER
        for place in self.places:
            column = self.columns[place.number]
            text += fit(tr(column.title), place.width, right=column.right) + " "
        return line((text, self.style("header")))

    def note(self, text: str) -> Strip:
        """The text in place of entries."""
        indented = fit(" " * GUTTER + text, self.width, ascii_only=self.ascii_only)
        return line((indented, self.style("empty")))

    def entry(self, row: Row, bar: str, *, cursor: bool, marked: bool) -> Strip:
        """One row; the cursor's style goes over all of it."""
        over = self.style("cursor") if cursor else None
        pointer, dot = (">", "*") if self.ascii_only else ("►", "•")
        parts: list[tuple[str, Style | None]] = [
            (pointer if cursor else " ", over),
            (dot if marked else " ", over or self.style("mark")),
        ]
        for place in self.places:
            column = self.columns[place.number]
            text, tone = _split(row.cells, place.number)
            if column.sentence:
                text = clip(text, place.width, self.ascii_only)
            cell = fit(text, place.width, right=column.right, ascii_only=self.ascii_only)
            parts += [(cell, over or (self.style(tone) if tone else None)), (" ", over)]
        used = sum(cell_len(text) for text, _ in parts)
        parts += [(" " * max(0, self.width - 1 - used), over), (bar, self.style("bar"))]
        return line(*parts)

    def scroll_bar(self, top: int, count: int, total: int) -> list[str]:
        """One character for each of `count` visible rows, the first of which is row `top`."""
        if total <= count:
            return [" "] * count
        size = max(1, count * count // total)
        start = round(top / (total - count) * (count - size))
        thumb, rail = ("#", "|") if self.ascii_only else ("┃", "│")
        return [thumb if start <= y < start + size else rail for y in range(count)]


def _split(cells: tuple[Cell, ...], number: int) -> tuple[str, Tone]:
    """A row may have fewer cells than there are columns."""
    cell = cells[number] if number < len(cells) else ""
    return (cell, "") if isinstance(cell, str) else cell
