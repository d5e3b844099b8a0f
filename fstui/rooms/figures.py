"""How the figures of faces are spread, and a range of one that becomes a filter."""

from __future__ import annotations

import math
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.facefields import NUMBERS, Condition
from engine.facefilter import conditions, text_of
from engine.facelist import Spread
from engine.project import Project
from engine.protocol import safe_text
from fstui.i18n import later, tr
from fstui.model import words
from fstui.model.faceset import Order, spread
from fstui.model.facewords import MEANINGS
from fstui.rooms.lines import Lines
from fstui.threads import deliver, in_thread
from fstui.widgets.histogram import Histogram

LEAST_BARS, MOST_BARS = 10, 160
HINT = later("up down figure  space range  enter filter  esc close")


class Figures(ModalScreen[str]):
    """Ends with the text of a filter, or with nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", "Close")]

    def __init__(self, project: Project, order: Order, faces: int) -> None:
        super().__init__()
        self._project, self._order, self._faces = project, order, faces
        self._figure = order.sort if order.sort in NUMBERS else NUMBERS[0]
        self._spread: Spread | None = None

    def compose(self) -> ComposeResult:
        """Title, histogram, what the cursor is on, keys."""
        with Vertical(classes="dialog dialog-tall"):
            yield Static("", classes="dialog--title")
            yield Histogram()
            yield Lines(id="cut")
            yield Static(Content(tr(HINT)), classes="dialog--hint-line")

    def on_mount(self) -> None:
        """The figure that it is sorted by."""
        self.query_one(Histogram).focus()
        self.call_after_refresh(self._turn_to, self._figure)

    def _turn_to(self, figure: str) -> None:
        self._figure, self._spread = figure, None
        title = f"{figure}: {tr(MEANINGS[figure])}"
        self.query_one(".dialog--title", Static).update(Content(title))
        histogram = self.query_one(Histogram)
        histogram.show((), tr("Counting ..."))
        self._count(figure, bars_for(self._faces, histogram.content_size.width))

    @in_thread(exclusive=True)
    def _count(self, figure: str, bars: int) -> None:
        found = spread(self._project.db_path, self._order, figure, bars)
        deliver(self, self._counted, figure, found)

    def _counted(self, figure: str, found: Spread | None) -> None:
        if figure == self._figure:
            self._spread = found
            none = tr("No face has the figure {figure}.").format(figure=figure)
            self.query_one(Histogram).show(found.bars if found else (), none)

    def problem(self, text: str) -> None:
        """Say in one sentence why nothing was counted."""
        self.query_one(Histogram).show((), safe_text(text))

    def on_histogram_moved(self) -> None:
        """Say what the cursor is on."""
        found, histogram = self._spread, self.query_one(Histogram)
        if found is None:
            self.query_one("#cut", Lines).show([])
            return
        first, last = histogram.range
        low, high = self._values(found, first, last)
        inside = sum(found.bars[first : last + 1])
        cut = tr("{low:.4g} to {high:.4g}: {n}").format(low=low, high=high, n=words.count(inside))
        of = tr(" of {faces}").format(faces=words.plural(found.faces, "face"))
        whole = tr("   {low:.4g} to {high:.4g}, median {median:.4g}").format(
            low=found.low, high=found.high, median=found.median
        )
        self.query_one("#cut", Lines).show([[(cut, "accent"), of, (whole, "muted")]])

    def _values(self, found: Spread, first: int, last: int) -> tuple[float, float]:
        """The edges of bars."""
        part = (found.high - found.low) / len(found.bars)
        low = found.low + first * part
        high = found.high if last + 1 == len(found.bars) else found.low + (last + 1) * part
        return low, high

    def on_histogram_turned(self, message: Histogram.Turned) -> None:
        """The next figure, or the one before."""
        at = NUMBERS.index(self._figure) + message.by
        self._turn_to(NUMBERS[at % len(NUMBERS)])

    def on_histogram_cut(self, message: Histogram.Cut) -> None:
        """The range takes the place of what the filter said of this figure."""
        if self._spread is None:
            return
        low, high = self._values(self._spread, message.first, message.last)
        others = tuple(c for c in conditions(self._order.text) if c.field != self._figure)
        rounded = (
            Condition(self._figure, ">=", _rounded(low, up=False)),
            Condition(self._figure, "<=", _rounded(high, up=True)),
        )
        self.dismiss(text_of((*others, *rounded)))

    def action_back(self) -> None:
        """Leave the filter as it is."""
        self.dismiss(None)


def bars_for(faces: int, width: int) -> int:
    """How many bars show the shape of so many faces and not each of them."""
    return max(1, min(max(LEAST_BARS, int(3 * math.sqrt(faces))), width, MOST_BARS))


def _rounded(value: float, up: bool) -> float:
    """A number of about five digits, rounded outwards: the faces at the range's edges stay in."""
    step = 10.0 ** (math.floor(math.log10(abs(value) or 1.0)) - 4)
    return float(f"{(math.ceil if up else math.floor)(value / step) * step:.6g}")
