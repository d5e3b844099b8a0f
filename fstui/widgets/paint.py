"""The base of all painted widgets: keeps the last painted lines and sends only the changed runs.

Textual sends a widget's whole region again on each `refresh()`; over SSH that is hundreds of
KiB a second for a live screen. `StripView` compares what it painted with what was painted
before; `fstui.widgets.display` does so for all that goes to the terminal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.cells import get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from engine.protocol import safe_text

# Two changed runs closer than this go out as one: moving the cursor and setting a style again
# costs more than the cells between.
GAP_CELLS = 6

_PLAIN = Style.null()


class StripView(Widget):
    """A widget that paints its own lines; `repaint()` after a change sends what differs.

    Subclasses write `paint`. A plain `refresh()` (resize, style, theme, scroll) paints it all.
    """

    ALLOW_SELECT = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._painted: list[Strip] = []
        self._painted_size = (-1, -1)
        self._stale = True
        self._repaint_queued = False

    def paint(self, width: int, height: int) -> list[Strip]:
        """The widget's content for a size in cells; short or missing lines are filled up."""
        raise NotImplementedError

    @property
    def ascii_only(self) -> bool:
        """Whether the app was started with `--ascii` or in a locale that is not UTF-8."""
        return bool(getattr(self.app, "ascii_only", False))

    def style_of(self, name: str) -> Style:
        """What the CSS sets for one of this widget's component classes, and nothing inherited."""
        return self.get_component_rich_style(name, partial=True)

    def repaint(self) -> None:
        """Paint again soon and send the difference; many calls make one painting."""
        if self._repaint_queued:
            return
        self._repaint_queued = self.call_later(self._send_difference)

    def _send_difference(self) -> None:
        self._repaint_queued = False
        if self._painted_size != tuple(self.content_size):
            super().refresh()
            return
        # Also when stale: Textual tells of a style update, under the mouse for one, even where
        # no full painting follows. If one does, the difference costs nothing more.
        before = self._painted
        self._painted = self._lay()
        runs = [
            Region(x1, y, x2 - x1, 1)
            for y, (old, new) in enumerate(zip(before, self._painted, strict=True))
            for x1, x2 in changed_runs(old, new)
        ]
        if runs:
            super().refresh(*runs)

    def _lay(self) -> list[Strip]:
        """Paint, and bring the lines to the content's exact size on the widget's background."""
        width, height = self.content_size
        self._painted_size = (width, height)
        self._stale = False
        base = self.rich_style
        strips = self.paint(width, height)[:height] if width and height else []
        strips += [Strip([])] * (height - len(strips))
        return [s.adjust_cell_length(width, _PLAIN).apply_style(base) for s in strips]

    def refresh(self, *regions: Region, **kwargs: bool) -> StripView:
        """As Textual's; without regions everything is painted anew."""
        if not regions:
            self._stale = True
        return super().refresh(*regions, **kwargs)

    def notify_style_update(self) -> None:
        """Colours of component classes may have changed with the theme."""
        self._stale = True
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """One line for Textual's compositor."""
        if self._stale or self._painted_size != tuple(self.content_size):
            self._painted = self._lay()
        if y < len(self._painted):
            return self._painted[y]
        return Strip.blank(self.content_size.width, self.rich_style)


def changed_runs(old: Strip, new: Strip) -> list[tuple[int, int]]:
    """Half-open column ranges where two lines of one width differ.

    A line with double-width characters is one run: its columns are not its characters.
    """
    if old == new:
        return []
    if not (is_narrow(old) and is_narrow(new)):
        return [(0, max(old.cell_length, new.cell_length))]
    runs: list[tuple[int, int]] = []
    for x, (a, b) in enumerate(zip(_cells(old), _cells(new), strict=True)):
        if a == b:
            continue
        if runs and x - runs[-1][1] < GAP_CELLS:
            runs[-1] = (runs[-1][0], x + 1)
        else:
            runs.append((x, x + 1))
    return runs


def is_narrow(strip: Strip) -> bool:
    """Whether each character of a line takes one column."""
    return strip.cell_count == strip.cell_length and all(
        text.isascii() or all(get_character_cell_size(c) == 1 for c in set(text))
        for text, _, _ in strip
    )


def _cells(strip: Strip) -> list[tuple[str, Style]]:
    return [(c, style or _PLAIN) for text, style, _ in strip for c in text]


def line(*parts: tuple[str, Style | None] | str) -> Strip:
    """A strip from texts and their styles, empty ones left out; no text may steer the terminal."""
    pairs = ((p, None) if isinstance(p, str) else p for p in parts)
    return Strip([Segment(safe_text(text), style) for text, style in pairs if text])


def from_cells(characters: Sequence[str], styles: Sequence[Style | None]) -> Strip:
    """A strip from one character and one style for each column; equal neighbours are joined."""
    segments: list[Segment] = []
    start = 0
    for x in range(1, len(characters) + 1):
        if x == len(characters) or styles[x] is not styles[start]:
            segments.append(Segment("".join(characters[start:x]), styles[start]))
            start = x
    return Strip(segments, len(characters))
