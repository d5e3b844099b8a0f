"""A job's raw output with the chatter of TensorFlow's C++ side folded; grows line by line."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fstui.i18n import tr

from .words import plural

LINES_KEPT = 10_000

_NOISE = re.compile(
    r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: )?[IWE](\d{4})? .*\.(cc|cpp|h):\d+\]|"
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: [IWE] (external/|tensorflow/)|"
    r"^(WARNING: All log messages before absl|To enable the following instructions|"
    r"INFO: Created TensorFlow Lite)"
)


class LogText:
    """Lines as they came, and the same with each run of noise as one line."""

    def __init__(self, kept: int = LINES_KEPT) -> None:
        self.raw: list[str] = []
        self.folded: list[str] = []
        self.raw_dropped = 0
        self.folded_dropped = 0
        """Lines that were let go at the front: row numbers count on from here."""
        self._kept = kept
        self._hidden = 0
        """Length of the run of noise that the last folded line stands for."""

    def add(self, lines: Iterable[str]) -> None:
        """Take new lines in."""
        for line in lines:
            self.raw.append(line)
            self._fold(line)
        self.raw_dropped += self._trim(self.raw)
        self.folded_dropped += self._trim(self.folded)

    def shown(self, raw: bool) -> tuple[list[str], int]:
        """The lines raw or folded, and how many were let go before the first."""
        return (self.raw, self.raw_dropped) if raw else (self.folded, self.folded_dropped)

    def _fold(self, line: str) -> None:
        if not is_noise(line):
            self._hidden = 0
            self.folded.append(line)
            return
        self._hidden += 1
        told = tr("... {lines} of TensorFlow's own (v shows them)")
        text = told.format(lines=plural(self._hidden, "line"))
        if self._hidden == 1:
            self.folded.append(text)
        else:
            self.folded[-1] = text

    def _trim(self, lines: list[str]) -> int:
        """Cut a fifth at once, so that cutting is rare."""
        over = len(lines) - self._kept
        if over < self._kept // 5:
            return 0
        del lines[:over]
        return over

    def last(self, count: int) -> list[str]:
        """The newest lines without noise, as a crash shows them."""
        return [line for line in self.folded[-count:] if line.strip()]


def is_noise(line: str) -> bool:
    """Whether a line comes from the C++ side of TensorFlow and says nothing about the job."""
    return bool(_NOISE.match(line))
