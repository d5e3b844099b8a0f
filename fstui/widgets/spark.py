"""A line of small bars for a series of recent values, such as the rate of a job."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from textual.strip import Strip

from fstui.widgets.axes import Axis, value_axis
from fstui.widgets.paint import StripView, line

BARS = "▁▂▃▄▅▆▇█"
ASCII_BARS = "_.-=+*#@"


class Spark(StripView):
    """The newest values that fit, one a column, from zero up; the scale moves seldom."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"spark--bars"}

    DEFAULT_CSS = """
    Spark { height: 1; width: 1fr; }
    Spark > .spark--bars { color: $secondary; }
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._values: Sequence[float] = ()
        self._axis: Axis | None = None

    def show(self, values: Sequence[float]) -> None:
        """Values, oldest first; one that is no number leaves a gap."""
        self._values = values
        self.repaint()

    def paint(self, width: int, height: int) -> list[Strip]:
        """The bars on the last line."""
        recent = self._values[-width:]
        finite = [v for v in recent if math.isfinite(v)]
        if not finite:
            return []
        self._axis = value_axis(0.0, max(max(finite), 0.0), False, self._axis)
        bars = ASCII_BARS if self.ascii_only else BARS
        text = "".join(bar(v, self._axis, bars) for v in recent)
        return [Strip([])] * (height - 1) + [line((text, self.style_of("spark--bars")))]


def bar(value: float, axis: Axis, bars: str) -> str:
    """The character for one value."""
    if not math.isfinite(value):
        return " "
    return bars[min(max(int(axis.place(value) * len(bars)), 0), len(bars) - 1)]
