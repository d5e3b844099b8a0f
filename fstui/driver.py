"""Textual's driver, which goes on when its terminal is gone.

Textual writes from a thread that an error of the terminal ends. Nobody empties its queue of 30
writes from then on, and leaving, which writes that many, waits for ever.
"""

from __future__ import annotations

import contextlib
from typing import IO, Any

from textual.drivers.linux_driver import LinuxDriver


class _Terminal:
    """The terminal's file; what is written after it hung up goes nowhere."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> None:
        """Write, as long as there is a terminal."""
        with contextlib.suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        """Send what was written, as long as there is a terminal."""
        with contextlib.suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        """The number of the file."""
        return self._file.fileno()


class LastingDriver(LinuxDriver):
    """Writes and leaves whether or not the terminal is still there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._file: Any = _Terminal(self._file) if self._file else None
