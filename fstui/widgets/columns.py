"""Columns of a list and the widths that they get. No Textual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Tone = Literal["", "good", "bad", "warn", "muted", "accent"]
Cell = str | tuple[str, Tone]
"""A text, or a text and its tone. Say the state in the text too: tone is colour only."""


@dataclass(frozen=True)
class Column:
    """One column of the list."""

    title: str
    width: int = 0
    """In terminal columns; 0 shares what the others leave."""
    right: bool = False
    """Align to the right: numbers."""
    least: int = 8
    """Width below which a sharing column isn't shrunk."""
    sentence: bool = False
    """Of what does not fit the end is left out; of a name it is the middle."""


@dataclass(frozen=True)
class Row:
    """One entry: `key` identifies it across refreshes."""

    key: str
    cells: tuple[Cell, ...]


class Place(NamedTuple):
    """A visible column: its number in the list of columns, and its width."""

    number: int
    width: int


def lay_out(columns: Sequence[Column], width: int, shift: int = 0) -> list[Place]:
    """The columns that fit into `width`, with one column of space behind each.

    The first stays; `shift` columns after it are left out. Sharing columns divide what is left.
    """
    wanted = [0, *range(1 + min(shift, len(columns) - 1), len(columns))] if columns else []
    kept: list[int] = []
    left = width
    for number in wanted:
        need = (columns[number].width or columns[number].least) + 1
        if kept and need > left:
            break
        kept.append(number)
        left -= need
    sharing = [n for n in kept if not columns[n].width]
    extra = {n: max(left, 0) // len(sharing) for n in sharing}
    if sharing:
        extra[sharing[0]] += max(left, 0) % len(sharing)
    places = [Place(n, (columns[n].width or columns[n].least) + extra.get(n, 0)) for n in kept]
    if left < 0 and places:
        places[0] = Place(places[0].number, max(1, places[0].width + left))
    return places
