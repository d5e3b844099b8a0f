"""Textual's driver for a browser's tab, which leaves when the tab does."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from textual.drivers.web_driver import WebDriver

from engine.process import ask_to_stop


class BrowserDriver(WebDriver):
    """Takes a closed tab, or a server that is gone, as a terminal that hung up.

    Textual's goes on without either, and leaves without what `q` does.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._write: Any = self._send

    def _send(self, packet: bytes) -> None:
        """Write all of a packet, as long as there is a server."""
        with contextlib.suppress(OSError):
            while packet:
                packet = packet[os.write(self.fileno, packet) :]

    def run_input_thread(self) -> None:
        """Read keys until there are no more."""
        super().run_input_thread()
        if not self.exit_event.is_set():
            ask_to_stop(os.getpid())

    def on_meta(self, packet_type: str, payload: dict[str, object]) -> None:
        """What the server tells: the tab's size, whether it is looked at, that it was closed."""
        if packet_type == "quit":
            ask_to_stop(os.getpid())
        else:
            super().on_meta(packet_type, payload)
