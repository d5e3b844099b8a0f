"""The chart of a training's losses that is moved through by keys: zoom, scroll, newest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from engine.history import Point
from engine.sessions import Mark
from fstui.i18n import tr
from fstui.widgets.chart import Chart
from fstui.widgets.window import Window
from fstui.widgets.words import engineering

HINT_COLUMNS = 90
"""Below this width there is no room for the keys."""
SCROLL, PAGE = 0.25, 0.9
"""Parts of a window's width."""


class LossChart(Chart, can_focus=True):
    """Shows what its owner read for `window`, and says when that is to be another."""

    @dataclass
    class Turned(Message):
        """Another part of the history is to be seen."""

        window: Window

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(1)", "Zoom in", show=False),
        Binding("down,j", "move(-1)", "Zoom out", show=False),
        Binding("left,h", "shift(-1)", "Earlier", show=False),
        Binding("right,l", "shift(1)", "Later", show=False),
        Binding("pageup,ctrl+u", "page(-1)", "A window earlier", show=False),
        Binding("pagedown,ctrl+d", "page(1)", "A window later", show=False),
        Binding("home,g", "go(0)", "Whole history", show=False),
        Binding("end,G", "go(-1)", "Newest", show=False),
    ]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.window = Window()
        self._whole = (0, 0)
        self._cursor_at: int | None = None

    def take(
        self,
        points: Sequence[Point],
        marks: Sequence[Mark],
        whole: tuple[int, int],
        *,
        time_axis: bool = False,
        cursor: int | None = None,
    ) -> None:
        """What the window shows of a history that goes over `whole`."""
        self._whole, self._cursor_at = whole, cursor
        zoomed = self.window.width is not None
        span = self.window.bounds(*whole) if zoomed else None
        self.show(points, marks, time_axis=time_axis, span=span, cursor=cursor)

    def forget(self) -> None:
        """Another history: all of it is seen."""
        self.window, self._whole, self._cursor_at = Window(), (0, 0), None

    def hold(self, iteration: int) -> None:
        """Bring an iteration into sight."""
        self._turn(self.window.holding(iteration, *self._whole))

    def note(self) -> str:
        """Where in the history it is."""
        if self._cursor_at is not None:
            return tr("at {iteration}").format(iteration=engineering(self._cursor_at))
        if self.window.width is None:
            hint = tr("up, down zoom")
            return hint if self.has_focus and self.content_size.width >= HINT_COLUMNS else ""
        low, high = self.window.bounds(*self._whole)
        if self.window.end is None:
            return tr("live, from {low}").format(low=engineering(low))
        said = tr("{low} to {high}, end: live")
        return said.format(low=engineering(low), high=engineering(high))

    def _turn(self, window: Window) -> None:
        if window != self.window:
            self.window = window
            self.post_message(self.Turned(window))

    # --- keys and mouse -----------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Zoom."""
        self._turn(self.window.zoomed(by > 0, *self._whole))

    def action_shift(self, by: int) -> None:
        """Scroll."""
        self._turn(self.window.scrolled(by * SCROLL, *self._whole))

    def action_page(self, by: int) -> None:
        """Scroll by nearly all that is seen."""
        self._turn(self.window.scrolled(by * PAGE, *self._whole))

    def action_go(self, to: int) -> None:
        """All of the history, or its newest part."""
        self._turn(Window() if to == 0 else Window(self.window.width))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in."""
        event.stop()
        self.action_move(1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out."""
        event.stop()
        self.action_move(-1)

    def on_focus(self) -> None:
        """The hint of its keys shows where they go."""
        self.repaint()

    def on_blur(self) -> None:
        """The hint of its keys shows where they go."""
        self.repaint()
