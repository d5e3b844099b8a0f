"""Marks on a chart's axis: saves, changes, roll-backs, beginnings of jobs, and their words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from engine.sessions import Mark
from fstui.i18n import later, tr
from fstui.widgets.axes import Axis
from fstui.widgets.words import engineering


class Sign(NamedTuple):
    """How a kind of mark looks."""

    unicode: str
    ascii: str
    style: str
    """Of the chart's component classes."""
    words: str = ""
    """What is said where the mark has no words of its own."""


# What matters more comes later and covers what stands in the same column.
SIGNS = {
    "save": Sign("▴", "^", "save"),
    "snapshot": Sign("▪", "#", "save"),
    "begin": Sign("▸", ">", "change", later("training began")),
    "memory": Sign("◆", "c", "change"),
    "change": Sign("◆", "c", "change"),
    "rollback": Sign("◂", "<", "bad"),
}
QUIET = frozenset({"save", "snapshot"})
"""Kinds that come by themselves: crowded ones are left out, and no words are said of them."""


def on_axis(
    marks: Iterable[Mark], axis: Axis, columns: int, at: Callable[[Mark], float]
) -> dict[int, str]:
    """The kind of mark in each column that has one."""
    order = {kind: n for n, kind in enumerate(SIGNS)}
    found: dict[int, str] = {}
    quiet: set[int] = set()
    for mark in marks:
        place = axis.place(at(mark))
        if mark.kind not in order or not 0 <= place <= 1:
            continue
        x = min(int(place * columns), columns - 1)
        if mark.kind in QUIET:
            quiet.add(x)
        if x not in found or order[mark.kind] > order[found[x]]:
            found[x] = mark.kind
    if len(quiet) * 3 > columns:  # too close to be told apart: the newest only
        for x in sorted(quiet)[:-1]:
            if found[x] in QUIET:
                del found[x]
    return found


def in_words(
    marks: Sequence[Mark], axis: Axis, at: Callable[[Mark], float], ascii_only: bool
) -> list[tuple[str, str]]:
    """(style, words) of the marks in sight, the newest first: `◆ 12k learning_rate 1e-05`."""
    found = []
    for mark in reversed(marks):
        sign = SIGNS.get(mark.kind)
        if sign is None or mark.kind in QUIET or not 0 <= axis.place(at(mark)) <= 1:
            continue
        figure = sign.ascii if ascii_only else sign.unicode
        said = mark.words or tr(sign.words)
        found.append((sign.style, f"{figure} {engineering(mark.iteration)} {said}"))
    return found
