"""What a step says while it works: events, rate-limited where they would be many."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import Any

from engine.protocol import HEARTBEAT_S, JobFolder, sheet_of

PROGRESS_INTERVAL_S = 0.5
RATE_WINDOW_S = 10.0
PREVIEWS_KEPT = 40


class Reporter:
    """Appends a step's events to the job; cheap enough to be called for each frame."""

    def __init__(self, folder: JobFolder) -> None:
        self.folder = folder
        self._last_progress = 0.0
        self._last_event = 0.0
        self._marks: deque[tuple[float, int]] = deque()

    def event(self, kind: str, /, **data: Any) -> None:
        """Append any event."""
        self._last_event = time.monotonic()
        self.folder.append(kind, **data)

    def phase(self, name: str) -> None:
        """Name a long silent part ('importing TensorFlow', 'compiling', 'saving')."""
        self.event("phase", name=name)

    def progress(self, done: int, total: int | None, unit: str = "frame", **extra: Any) -> None:
        """Say how far the step is; written at most twice a second, and always at the end."""
        now = time.monotonic()
        if now - self._last_progress < PROGRESS_INTERVAL_S and done != total:
            return
        self._last_progress = now
        if self._marks and done < self._marks[-1][1]:  # another part of the step began to count
            self._marks.clear()
        self._marks.append((now, done))
        while len(self._marks) > 2 and now - self._marks[0][0] > RATE_WINDOW_S:
            self._marks.popleft()
        (t0, d0), (t1, d1) = self._marks[0], self._marks[-1]
        rate = (d1 - d0) / (t1 - t0) if t1 > t0 else 0.0
        eta = (total - done) / rate if total is not None and rate > 0 else None
        self.event("progress", done=done, total=total, unit=unit, rate=rate, eta_s=eta, **extra)

    def heartbeat(self) -> None:
        """Show life where nothing else was written for a while."""
        if time.monotonic() - self._last_event >= HEARTBEAT_S:
            self.event("heartbeat")

    def metric(
        self, iteration: int, loss_a: float, loss_b: float, rate: float, **extra: Any
    ) -> None:
        """Training figures, averaged at the source; the caller limits them to two a second."""
        self.event("metric", iteration=iteration, loss_a=loss_a, loss_b=loss_b, rate=rate, **extra)

    def warn(self, text: str) -> None:
        """Something the user should know that doesn't end the step."""
        self.event("warn", text=text)

    def saved(self, iteration: int) -> None:
        """A checkpoint is safe on disk."""
        self.event("save", iteration=iteration)

    def preview(self, path: Path, sheet: Path | None = None, **data: Any) -> None:
        """A new picture in the job's `preview/`, with the larger sheet that it is a part of; the
        oldest beyond the last 40 are removed with theirs."""
        if sheet:
            data["sheet"] = str(sheet.relative_to(self.folder.path))
        self.event("preview", path=str(path.relative_to(self.folder.path)), **data)
        old = sorted(self.folder.previews(), key=lambda p: p.stat().st_mtime)
        for file in old[:-PREVIEWS_KEPT]:
            sheet_of(file).unlink(missing_ok=True)
            file.unlink(missing_ok=True)
