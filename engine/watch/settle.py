"""When an arriving file counts: closed or renamed by its writer, and unchanged for a while."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from engine.watch.candidates import Candidate

GIVE_UP_OPEN = 20
"""A file that is never seen closed counts after standing still this many times as long: the
closing may have been missed, or its writer forgot it."""


@dataclass
class _Waiting:
    candidate: Candidate
    since: float
    """When its signature was last seen to change."""
    until: float | None = None
    """It isn't whole as it is: when it counts all the same. None for one that wasn't opened yet."""


class Ready(NamedTuple):
    """Something that stood still for long enough."""

    candidate: Candidate
    since: float
    final: bool
    """Whether it has been waited for in vain to become whole."""


class Settler:
    """Keeps what is arriving; the caller brings the clock (seconds, monotonic)."""

    def __init__(self, settle_s: float, patience_s: float = 0.0) -> None:
        self.settle_s, self.patience_s = settle_s, patience_s
        self._waiting: dict[Path, _Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def see(self, candidate: Candidate, now: float) -> bool:
        """Note how a candidate looks; whether it is new here."""
        known = self._waiting.get(candidate.path)
        if known is None or known.candidate.signature != candidate.signature:
            self._waiting[candidate.path] = _Waiting(candidate, now)
        return known is None

    def wait_longer(self, ready: Ready) -> None:
        """It was opened and isn't whole: its copy may have stalled. It is ready again when it has
        grown and stood still, or when patience is over, finally."""
        waiting = _Waiting(ready.candidate, ready.since, ready.since + self.patience_s)
        self._waiting[ready.candidate.path] = waiting

    def drop_missing(self, present: set[Path]) -> list[Candidate]:
        """Forget what vanished, and what it was."""
        gone = [path for path in self._waiting if path not in present]
        return [self._waiting.pop(path).candidate for path in gone]

    def take_ready(self, being_written: set[Path], now: float) -> list[Ready]:
        """What stood still for long enough; it is forgotten here."""
        ready = []
        folders = {path.parent for path in being_written}
        for path, waiting in list(self._waiting.items()):
            open_still = path in being_written or path in folders
            needed_s = self.settle_s * (GIVE_UP_OPEN if open_still else 1)
            due = max(waiting.since + needed_s, waiting.until or 0.0)
            if now >= due:
                ready.append(Ready(waiting.candidate, waiting.since, waiting.until is not None))
                del self._waiting[path]
        return ready
