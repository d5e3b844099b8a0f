"""The loss chart: two curves, raw and smoothed, in braille or ASCII, with marks on its axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import attrgetter
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from engine.history import Point
from engine.sessions import Mark
from fstui.i18n import tr
from fstui.widgets.axes import Axis, clock_axis, step_axis, value_axis
from fstui.widgets.canvas import SHADE, Canvas
from fstui.widgets.chartmarks import QUIET, SIGNS, in_words, on_axis
from fstui.widgets.curves import (
    Curve,
    Curves,
    Value,
    by_iteration,
    by_time,
    extent,
    pair,
    values,
)
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
TALK_ROWS = 12
"""From so many rows on there is one for the words of the marks."""


class Chart(StripView):
    """Loss over iterations or time. `show()` at any rate: only changed cells are sent.

    The first curve is solid and the second dotted, and both end in their letter: colour is not
    needed.
    """

    letters: ClassVar[tuple[str, str]] = ("A", "B")
    """Names of the curves, a column each."""
    least_step: ClassVar[float] = 0.1
    """What a dot of the x axis stands for at least: below an iteration, so that the first ones
    fill it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"chart--{n}"
        for n in ("a", "b", "raw", "both", "axis", "save", "change", "bad", "empty", "cursor")
    }

    DEFAULT_CSS = """
    Chart { height: 1fr; width: 1fr; min-height: 4; }
    Chart > .chart--a { color: $primary; text-style: bold; }
    Chart > .chart--b { color: $accent; text-style: bold; }
    Chart > .chart--raw { color: $text-disabled; }
    Chart > .chart--both { color: $foreground; text-style: bold; }
    Chart > .chart--axis { color: $text-muted; }
    Chart > .chart--save { color: $success; }
    Chart > .chart--change { color: $text-accent; text-style: bold; }
    Chart > .chart--bad { color: $error; text-style: bold; }
    Chart > .chart--empty { color: $text-muted; }
    Chart > .chart--cursor { color: $text-warning; }
    """

    def __init__(self, *, empty: str = "", log: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.empty = empty or tr("No losses yet.")
        """Shown while there are no points; say what to do next."""
        self._log = log
        self._by_time = False
        self._curves: tuple[Sequence[Value], Sequence[Value]] = ((), ())
        self._range: tuple[float, float] | None = None
        self._marks: Sequence[Mark] = ()
        self._cursor: float | None = None
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

    def show(
        self,
        points: Sequence[Point],
        marks: Sequence[Mark] = (),
        *,
        time_axis: bool = False,
        span: tuple[int, int] | None = None,
        cursor: int | None = None,
    ) -> None:
        """Points in the order of their iterations, and marks on the axis. `span` is what the axis
        shows at least, `cursor` an iteration that a line stands at."""
        place = by_time if time_axis else by_iteration
        at = next((place(p) for p in points if p.iteration >= (cursor or 0)), None)
        self.draw(
            values(points, "a", place),
            values(points, "b", place),
            time_axis=time_axis,
            span=None if time_axis else span,
            cursor=None if cursor is None else at,
            marks=marks,
        )

    def draw(
        self,
        first: Sequence[Value],
        second: Sequence[Value],
        *,
        time_axis: bool = False,
        span: tuple[float, float] | None = None,
        cursor: float | None = None,
        marks: Sequence[Mark] = (),
    ) -> None:
        """Two curves, each in its own order along the axis."""
        if time_axis != self._by_time or span != self._range:
            self._x = None
        self._by_time, self._range = time_axis, span
        self._curves, self._marks, self._cursor = (first, second), marks, cursor
        self.repaint()

    def note(self) -> str:
        """What is said beside the scale."""
        return ""

    def paint(self, width: int, height: int) -> list[Strip]:
        """Legend, plot, x axis, words of the marks."""
        if not any(self._curves):
            return self._centred(self.empty, width, height)
        if width < SMALLEST[0] or height < SMALLEST[1]:
            return [self._legend(width)]
        columns = width - LABELS - RIGHT
        talk = height >= TALK_ROWS and any(m.iteration and m.kind not in QUIET for m in self._marks)
        canvas = Canvas(columns, height - 3 - talk, ASCII_SIGNS if self.ascii_only else "")
        found = self._scale(canvas)
        if self._y is not None:
            self._draw(canvas, found, self._y)
        return [
            self._legend(width),
            *self._plot(canvas, found),
            self._axis(columns, found),
            self._steps(columns),
            *([self._talk(width)] if talk else []),
        ]

    def _scale(self, canvas: Canvas) -> Curves:
        """Bring the axes up to date, moving them only when the data left them."""
        if self._dots != canvas.width:
            self._dots, self._x = canvas.width, None
        ends = [end for curve in self._curves if curve for end in (curve[0].at, curve[-1].at)]
        first, last = self._range or (min(ends), max(ends))
        if self._by_time:
            self._x = clock_axis(first, last, canvas.width, self._x)
        else:
            self._x = step_axis(first, last, canvas.width, self._x, self.least_step)
        found = pair(*self._curves, self._x, canvas.width)
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
            characters, tones = [c for c, _ in cells], [styles[layers] for _, layers in cells]
            self._put_cursor(characters, tones)
            plot = from_cells(characters, tones)
            label = (labels.get(row, "").rjust(LABELS - 1) + edge, axis)
            strips.append(Strip.join([line(label), plot, line(" ", *ends.get(row, ()))]))
        return strips

    def _put_cursor(self, characters: list[str], tones: list[Style | None]) -> None:
        """A line behind the curves where the cursor is."""
        place = None if self._cursor is None or self._x is None else self._x.place(self._cursor)
        if place is None or not 0 <= place <= 1:
            return
        x = min(int(place * len(characters)), len(characters) - 1)
        if characters[x] == " ":
            characters[x] = ":" if self.ascii_only else "┊"
            tones[x] = self.style_of("chart--cursor")

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
        for name, letter, curve in zip("ab", self.letters, (found.a, found.b), strict=True):
            known = [v for v in curve.smooth if math.isfinite(v)]
            if not known or self._y is None:
                continue
            row = canvas.rows - 1 - _height(known[-1], self._y, canvas) // canvas.dots_y
            row = min(max(row, 0), canvas.rows - 1)
            if row in ends:
                row = row + 1 if row + 1 < canvas.rows else row - 1
            ends[row] = [(letter, self.style_of(f"chart--{name}"))]
        return ends

    def _axis(self, columns: int, found: Curves) -> Strip:
        """The x axis with its marks, and a red one where the loss is no number."""
        axis, bad = self.style_of("chart--axis"), self.style_of("chart--bad")
        flat, cross = "-x" if self.ascii_only else "─\u00d7"
        characters, styles = [flat] * columns, [axis] * columns
        if self._x is not None:
            for x, kind in on_axis(self._marks, self._x, columns, self._place).items():
                sign = SIGNS[kind]
                characters[x] = sign.ascii if self.ascii_only else sign.unicode
                styles[x] = self.style_of(f"chart--{sign.style}")
        for dot in found.bad:
            x = min(max(dot * columns // self._dots, 0), columns - 1)
            characters[x], styles[x] = cross, bad
        corner = "+" if self.ascii_only else "└"
        return Strip.join(
            [line((" " * (LABELS - 1) + corner, axis)), from_cells(characters, styles)]
        )

    def _place(self, mark: Mark) -> float:
        found: float = attrgetter("time" if self._by_time else "iteration")(mark)
        return found

    def _talk(self, width: int) -> Strip:
        """The words of the marks in sight, as many of the newest as fit."""
        parts: list[tuple[str, Style | None]] = []
        left = width - LABELS
        said = in_words(self._marks, self._x, self._place, self.ascii_only) if self._x else []
        for style, text in said:
            shown = f"{text}  " if cell_len(text) < left else fit(text, left)
            parts.append((shown, self.style_of(f"chart--{style}")))
            left -= cell_len(shown)
            if left < cell_len(text):
                break
        return line(" " * LABELS, *parts)

    def _steps(self, columns: int) -> Strip:
        """Labels of the x axis."""
        if self._x is None:
            return Strip([])
        text = [" "] * (columns + LABELS + RIGHT)
        end = 0
        for tick in self._x.ticks(max(2, columns // 14)):
            label = self._x.label(tick)
            at = LABELS + int(self._x.place(tick) * columns)
            at = max(0, min(at - len(label) // 2, len(text) - len(label)))
            if at >= end:
                text[at : at + len(label)] = label
                end = at + len(label) + 2
        return line(("".join(text), self.style_of("chart--axis")))

    def _legend(self, width: int) -> Strip:
        """Both values at the cursor, else the last ones exact to what the engine wrote; the scale
        and what is seen of the history."""
        dashes = ("**", "o o") if self.ascii_only else ("──", "╌╌")
        left: list[tuple[str, Style | None]] = []
        for name, letter, dash, curve in zip("ab", self.letters, dashes, self._curves, strict=True):
            value = self._told(curve)
            left.append((f"{dash} {letter} ", self.style_of(f"chart--{name}")))
            left.append(("-".ljust(9) if value is None else f"{value:.4g}".ljust(9), None))
        used = sum(cell_len(t) for t, _ in left)
        log = self._y.log if self._y else self._log
        scale = tr("log") if log else tr("linear")
        note = self.note()
        text = f"{note}  {scale}" if note else scale
        if cell_len(text) > width - used - 1:
            text = scale
        shown = fit(text, max(width - used, 0), right=True)
        return line(*left, (shown, self.style_of("chart--axis")))

    def _told(self, curve: Sequence[Value]) -> float | None:
        """The value at the cursor, else the last one."""
        if not curve:
            return None
        if self._cursor is None:
            return curve[-1].mean
        cursor = self._cursor
        return min(curve, key=lambda v: abs(v.at - cursor)).mean

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
