"""The pace of pictures: a few lines a tick over a link, none while keys wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from textual.timer import Timer
from textual.widget import Widget

if TYPE_CHECKING:
    from fstui.widgets.display import LeanDisplay

TICK_S = 0.125
BYTES_PER_TICK = 4096
"""Of all pictures on the screen together."""
DEBOUNCE_S = 0.08
"""Decoding begins when no other picture was asked for so long."""
ALL_AT_ONCE = 1 << 20
"""Bytes a tick where there is no link between."""


class Pace:
    """Calls `step` soon and then each tick, until it says that nothing is left."""

    def __init__(self, widget: Widget, step: Callable[[int], bool]) -> None:
        self._widget = widget
        self._step = step
        """Takes how many bytes may go out now; whether more is to go."""
        self._timer: Timer | None = None
        self._last = 0.0

    def begin(self) -> None:
        """There is something new to send; over a link it waits for its tick."""
        if self._timer is None:
            self._timer = self._widget.set_interval(TICK_S, self._tick)
            self._others.add(self)
        if not self.remote or time.monotonic() - self._last >= TICK_S:
            self._tick()

    def end(self) -> None:
        """Nothing is to be sent."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
            self._others.discard(self)

    @property
    def remote(self) -> bool:
        """Whether there is a link between."""
        return bool(getattr(self._widget.app, "remote", True))

    @property
    def _others(self) -> set[Pace]:
        """All that send pictures now: they share the link."""
        found = cast("LeanDisplay", self._widget.app).paces
        found -= {pace for pace in found if not pace._widget.is_attached}
        return found

    def _tick(self) -> None:
        app = self._widget.app
        if app.message_queue_size or self._widget.screen.message_queue_size:
            return
        self._last = time.monotonic()
        room = BYTES_PER_TICK // max(1, len(self._others)) if self.remote else ALL_AT_ONCE
        if not self._step(room):
            self.end()
