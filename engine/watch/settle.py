"""When an arriving file counts: closed or renamed by its writer, and unchanged for a while."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.watch.candidates import Candidate

GIVE_UP_OPEN = 20
"""A file that is never seen closed counts after standing still this many times as long: the
closing may have been missed, or its writer forgot it."""


@dataclass
class _Waiting:
    candidate: Candidate
    since: float
    """When its signature was last seen to change."""


class Settler:
    """Keeps what is arriving; the caller brings the clock (seconds, monotonic)."""

    def __init__(self, settle_s: float) -> None:
        self.settle_s = settle_s
        self._waiting: dict[Path, _Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, path: Path) -> bool:
        return path in self._waiting

    def see(self, candidate: Candidate, now: float) -> bool:
        """Note how a candidate looks; whether it is new here."""
        known = self._waiting.get(candidate.path)
        if known is None or known.candidate.signature != candidate.signature:
            self._waiting[candidate.path] = _Waiting(candidate, now)
        return known is None

    def drop_missing(self, present: set[Path]) -> list[Path]:
        """Forget what vanished; its paths."""
        gone = [path for path in self._waiting if path not in present]
        for path in gone:
            del self._waiting[path]
        return gone

    def take_ready(self, being_written: set[Path], now: float) -> list[Candidate]:
        """Candidates that stood still for long enough; they are forgotten here."""
        ready = []
        for path, waiting in list(self._waiting.items()):
            open_still = any(p == path or p.parent == path for p in being_written)
            needed_s = self.settle_s * (GIVE_UP_OPEN if open_still else 1)
            if now - waiting.since >= needed_s:
                ready.append(waiting.candidate)
                del self._waiting[path]
        return ready
