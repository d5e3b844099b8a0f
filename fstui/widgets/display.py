"""What goes to the terminal: only the cells that differ from what it shows.

Textual sends the whole screen whenever its layout changes. A notice over pictures is such a
change: without this it takes 130 KiB to show and as much to take away.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.control import Control
from rich.segment import Segment
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter, Monochrome, NoColor
from textual.strip import Strip

from engine.errors import NotPossible
from fstui.i18n import tr
from fstui.widgets.paint import changed_runs, is_narrow
from fstui.widgets.plain import to_ascii

if TYPE_CHECKING:
    from fstui.widgets.pace import Pace


class Shown:
    """The lines that the terminal shows, as far as that is known."""

    def __init__(self) -> None:
        self._lines: dict[int, Strip] = {}

    def forget(self) -> None:
        """Something else wrote to the terminal, or it has another size."""
        self._lines = {}

    def put(self, x: int, y: int, new: Strip) -> Iterator[tuple[int, Strip]]:
        """Cells that are to stand at a place; yields the runs of them that do not stand there."""
        line = self._lines.get(y)
        end = x + new.cell_length
        if line is None or line.cell_length < end:
            if x == 0:
                self._lines[y] = new
            yield x, new
            return
        for first, last in changed_runs(line.crop(x, end), new):
            yield x + first, new.crop(first, last)
        self._lines[y] = Strip.join([line.crop(0, x), new, line.crop(end)])


def _bytes(shown: Shown, console: Any, x: int, y: int, new: Strip) -> Iterator[str]:
    """For each run that differs a cursor move and its cells."""
    for at, run in shown.put(x, y, new):
        yield Control.move_to(at, y).segment.text
        yield run.render(console)


class WholeUpdate(LayoutUpdate):
    """An update of the whole screen that sends what differs."""

    def __init__(self, update: LayoutUpdate, shown: Shown) -> None:
        super().__init__(update.strips, update.region)
        self._shown = shown

    def render_segments(self, console: Any) -> str:
        """The bytes for the terminal."""
        lines = enumerate(self.strips, self.region.y)
        found = (
            _bytes(self._shown, console, self.region.x, y, Strip.join(list(line)))
            for y, line in lines
        )
        return "".join(text for line in found for text in line)


class LeanUpdate(ChopsUpdate):
    """A partial update that sends of a region's own cells those that differ.

    Textual's starts each run at the left edge of the widget below it, which for a number at the
    end of a line is the whole line.
    """

    def __init__(self, update: ChopsUpdate, shown: Shown) -> None:
        super().__init__(update.chops, update.spans, update.chop_ends)
        self._shown = shown

    def render_segments(self, console: Any) -> str:
        """The bytes for the terminal."""
        out: list[str] = []
        for y, x1, x2 in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is None or x >= x2 or end <= x1:
                    continue
                left = max(x, x1) if is_narrow(strip) else x
                run = strip.crop(left - x, min(end, x2) - x)
                out += _bytes(self._shown, console, left, y, run)
        return "".join(out)


class AsciiFilter(LineFilter):
    """Lets nothing but ASCII through to the terminal: Textual's own borders and bars too."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Translate each text; styles stay."""
        return [Segment(to_ascii(text), style, control) for text, style, control in segments]


class LeanDisplay(App[int]):
    """An app whose updates are lean, and whose NO_COLOR and ASCII hold for all widgets."""

    ascii_only = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._no_colour = NoColor()
        self.paces: set[Pace] = set()
        """Pictures that are being sent, a few lines a tick together."""
        self._ascii = AsciiFilter()
        self.shown = Shown()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's, except that NO_COLOR means no colours, not greys."""
        filters = [f for f in super().get_line_filters() if not isinstance(f, Monochrome)]
        if self.no_color:
            filters = [*(f for f in filters if not isinstance(f, NoColor)), self._no_colour]
        return [*filters, self._ascii] if self.ascii_only else filters

    def _display(self, screen: Any, renderable: Any) -> None:
        if type(renderable) is ChopsUpdate:
            renderable = LeanUpdate(renderable, self.shown)
        elif type(renderable) is LayoutUpdate:
            renderable = WholeUpdate(renderable, self.shown)
        super()._display(screen, renderable)

    def on_resize(self, _event: events.Resize) -> None:
        """A terminal moves or cuts what it shows; it is painted anew."""
        self.shown.forget()

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """Lend the terminal to another program. Raises `NotPossible` in a browser."""
        if self.is_web:
            raise NotPossible(
                tr("This needs a terminal to itself: open the workbench in one, not in a browser.")
            )
        with super().suspend():
            yield

    def _resume_signal(self) -> None:
        self.shown.forget()  # another program had the terminal
        super()._resume_signal()
