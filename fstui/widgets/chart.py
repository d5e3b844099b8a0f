"""The loss chart: two sides, raw and smoothed, in braille or ASCII, with marks on its axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from engine.history import Point
from fstui.widgets.axes import Axis, step_axis, value_axis
from fstui.widgets.canvas import SHADE, Canvas
from fstui.widgets.curves import Curve, Curves, curves, extent
from fstui.widgets.paint import StripView, from_cells, line
from fstui.widgets.words import engineering, fit

LABELS = 7
"""Columns left of the plot for the labels of the y axis."""
RIGHT = 2
"""Columns right of the plot for the letters A and B."""
A, B = 2, 4
"""Layers of the canvas, beside `SHADE` for the raw losses."""
ASCII_SIGNS = " .**oo##"
SMALLEST = (24, 5)
"""Below this many columns and rows there is room for the numbers only."""


class Chart(StripView):
    """Loss over iterations. `show()` new points at any rate: only changed cells are sent.

    A's curve is solid and B's dotted, and both end in their letter: colour is not needed.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"chart--{n}" for n in ("a", "b", "raw", "both", "axis", "save", "bad", "empty")
    }

    DEFAULT_CSS = """
    Chart { height: 1fr; width: 1fr; min-height: 4; }
    Chart > .chart--a { color: $primary; text-style: bold; }
    Chart > .chart--b { color: $accent; text-style: bold; }
    Chart > .chart--raw { color: $text-disabled; }
    Chart > .chart--both { color: $foreground; text-style: bold; }
    Chart > .chart--axis { color: $text-muted; }
    Chart > .chart--save { color: $success; }
    Chart > .chart--bad { color: $error; text-style: bold; }
    Chart > .chart--empty { color: $text-muted; }
    """

    def __init__(self, *, empty: str = "No losses yet.", log: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.empty = empty
        """Shown while there are no points; say what to do next."""
        self._log = log
        self._points: Sequence[Point] = ()
        self._saves: Sequence[int] = ()
        self._x: Axis | None = None
        self._y: Axis | None = None
        self._dots = 0

    @property
    def log_scale(self) -> bool:
        """Whether the y axis is logarithmic."""
        return self._log

    @log_scale.setter
    def log_scale(self, log: bool) -> None:
        self._log = log
        self.repaint()

    def show(self, points: Sequence[Point], saves: Sequence[int] = ()) -> None:
        """Points in the order of their iterations, and iterations of checkpoints to mark."""
        self._points = points
        self._saves = saves
        self.repaint()

    def paint(self, width: int, height: int) -> list[Strip]:
        """Legend, plot, x axis."""
        if not self._points:
            return self._centred(self.empty, width, height)
        if width < SMALLEST[0] or height < SMALLEST[1]:
            return [self._legend(width)]
        columns, rows = width - LABELS - RIGHT, height - 3
        canvas = Canvas(columns, rows, ASCII_SIGNS if self.ascii_only else "")
        found = self._scale(canvas)
        if self._y is not None:
            self._draw(canvas, found, self._y)
        return [
            self._legend(width),
            *self._plot(canvas, found),
            self._marks(columns, found),
            self._steps(columns),
        ]

    def _scale(self, canvas: Canvas) -> Curves:
        """Bring the axes up to date, moving them only when the data left them."""
        if self._dots != canvas.width:
            self._dots, self._x = canvas.width, None
        first, last = self._points[0].iteration, self._points[-1].iteration
        self._x = step_axis(first, last, canvas.width, self._x)
        found = curves(self._points, self._x, canvas.width)
        bounds = extent(found)
        log = self._log and bounds is not None and bounds[0] > 0
        self._y = value_axis(*bounds, log, self._y) if bounds else None
        return found

    def _draw(self, canvas: Canvas, found: Curves, axis: Axis) -> None:
        for curve in (found.a, found.b):
            for x in range(canvas.width):
                if math.isfinite(curve.mean[x]):
                    low, high = (_height(v, axis, canvas) for v in (curve.low[x], curve.high[x]))
                    _shade(canvas, x, low, high)
        _trace(canvas, found.b, found.bad, axis, B, dotted=True)
        _trace(canvas, found.a, found.bad, axis, A, dotted=False)

    def _plot(self, canvas: Canvas, found: Curves) -> list[Strip]:
        raw, a, b, both = (self.style_of(f"chart--{n}") for n in ("raw", "a", "b", "both"))
        styles = [None, raw, a, a, b, b, both, both]
        labels = self._labels(canvas.rows)
        ends = self._ends(canvas, found)
        axis = self.style_of("chart--axis")
        edge = "|" if self.ascii_only else "│"
        strips = []
        for row in range(canvas.rows):
            cells = list(canvas.row(row))
            plot = from_cells([c for c, _ in cells], [styles[layers] for _, layers in cells])
            label = (labels.get(row, "").rjust(LABELS - 1) + edge, axis)
            strips.append(Strip.join([line(label), plot, line(" ", *ends.get(row, ()))]))
        return strips

    def _labels(self, rows: int) -> dict[int, str]:
        """Labels of the y axis by row."""
        if self._y is None:
            return {}
        ticks = self._y.ticks(max(2, rows // 3))
        return {
            rows - 1 - min(int(self._y.place(t) * rows), rows - 1): engineering(t) for t in ticks
        }

    def _ends(self, canvas: Canvas, found: Curves) -> dict[int, list[tuple[str, Style | None]]]:
        """The letters A and B beside the ends of their curves, one below the other if they meet."""
        ends: dict[int, list[tuple[str, Style | None]]] = {}
        for letter, curve in (("A", found.a), ("B", found.b)):
            known = [v for v in curve.smooth if math.isfinite(v)]
            if not known or self._y is None:
                continue
            row = canvas.rows - 1 - _height(known[-1], self._y, canvas) // canvas.dots_y
            row = min(max(row, 0), canvas.rows - 1)
            if row in ends:
                row = row + 1 if row + 1 < canvas.rows else row - 1
            ends[row] = [(letter, self.style_of(f"chart--{letter.lower()}"))]
        return ends

    def _marks(self, columns: int, found: Curves) -> Strip:
        """The x axis with a mark for each save, and a red one where the loss is no number."""
        axis, save, bad = (self.style_of(f"chart--{n}") for n in ("axis", "save", "bad"))
        flat, up, cross = "-^x" if self.ascii_only else "─▴\u00d7"
        characters, styles = [flat] * columns, [axis] * columns
        for x in self._save_columns(columns):
            characters[x], styles[x] = up, save
        for dot in found.bad:
            x = min(max(dot * columns // self._dots, 0), columns - 1)
            characters[x], styles[x] = cross, bad
        corner = "+" if self.ascii_only else "└"
        return Strip.join(
            [line((" " * (LABELS - 1) + corner, axis)), from_cells(characters, styles)]
        )

    def _save_columns(self, columns: int) -> list[int]:
        """Columns of the saves; when they stand too close to be told apart, the newest only."""
        if self._x is None:
            return []
        places = (self._x.place(s) for s in self._saves)
        found = sorted({min(int(p * columns), columns - 1) for p in places if 0 <= p <= 1})
        return found if len(found) * 3 <= columns else found[-1:]

    def _steps(self, columns: int) -> Strip:
        """Labels of the x axis, in iterations."""
        if self._x is None:
            return Strip([])
        text = [" "] * (columns + LABELS + RIGHT)
        end = 0
        for tick in self._x.ticks(max(2, columns // 14)):
            label = engineering(tick)
            at = LABELS + int(self._x.place(tick) * columns)
            at = max(0, min(at - len(label) // 2, len(text) - len(label)))
            if at >= end:
                text[at : at + len(label)] = label
                end = at + len(label) + 2
        return line(("".join(text), self.style_of("chart--axis")))

    def _legend(self, width: int) -> Strip:
        """Both last values, exact to what the engine wrote, and the scale."""
        last = self._points[-1]
        a, b = (f"{v:.4g}".ljust(9) for v in (last.loss_a, last.loss_b))
        solid, dotted = ("**", "o o") if self.ascii_only else ("──", "╌╌")
        log = self._y.log if self._y else self._log
        left = [
            (f"{solid} A ", self.style_of("chart--a")),
            (a, None),
            (f"{dotted} B ", self.style_of("chart--b")),
            (b, None),
        ]
        used = sum(cell_len(t) for t, _ in left)
        scale = fit("log" if log else "linear", max(width - used, 0), right=True)
        return line(*left, (scale, self.style_of("chart--axis")))

    def _centred(self, text: str, width: int, height: int) -> list[Strip]:
        row = line(
            (
                fit(" " * max(0, (width - cell_len(text)) // 2) + text, width),
                self.style_of("chart--empty"),
            )
        )
        return [Strip([])] * ((height - 1) // 2) + [row]


def _height(value: float, axis: Axis, canvas: Canvas) -> int:
    place = axis.place(value)
    return int(min(max(place, 0.0), 1.0) * (canvas.height - 1) + 0.5)


def _shade(canvas: Canvas, x: int, low: int, high: int) -> None:
    """The raw losses' extent in one column: half of its dots, so that curves stand out of it."""
    for y in range(low, high + 1):
        if y in (low, high) or (x + y) % 2:
            canvas.dot(x, y, SHADE)


def _trace(
    canvas: Canvas, curve: Curve, bad: set[int], axis: Axis, layer: int, *, dotted: bool
) -> None:
    """Join the smoothed values; only a loss that is no number leaves a gap."""
    before: tuple[int, int] | None = None
    for x, value in enumerate(curve.smooth):
        if x in bad:
            before = None
        if not math.isfinite(value):
            continue
        y = _height(value, axis, canvas)
        x0, y0 = before or (x, y)
        for at in range(x0, x + 1):
            if dotted and at % 4 >= 2:
                continue
            start, end = (y0 + _share(y - y0, k - x0, x - x0) for k in (at - 1, at))
            canvas.vertical(at, start if at > x0 else y0, end, layer)
        before = (x, y)


def _share(rise: int, part: int, whole: int) -> int:
    return round(rise * part / whole) if whole else rise
