"""The pace of pictures: a few lines a tick over a link, none while keys wait."""

from __future__ import annotations

from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget

TICK_S = 0.125
BYTES_PER_TICK = 4096
DEBOUNCE_S = 0.08
"""Decoding begins when no other picture was asked for so long."""
ALL_AT_ONCE = 1 << 20
"""Bytes a tick where there is no link between."""


class Pace:
    """Calls `step` at once and then each tick, until it says that nothing is left."""

    def __init__(self, widget: Widget, step: Callable[[int], bool]) -> None:
        self._widget = widget
        self._step = step
        """Takes how many bytes may go out now; whether more is to go."""
        self._timer: Timer | None = None

    def begin(self) -> None:
        """There is something new to send."""
        self.end()
        self._timer = self._widget.set_interval(TICK_S, self._tick)
        self._tick()

    def end(self) -> None:
        """Nothing is to be sent."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _tick(self) -> None:
        app = self._widget.app
        if app.message_queue_size or self._widget.screen.message_queue_size:
            return
        room = BYTES_PER_TICK if getattr(app, "remote", True) else ALL_AT_ONCE
        if not self._step(room):
            self.end()
