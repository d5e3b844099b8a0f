"""The status line: a job's state in words and a sign, how far, how fast, how long, where."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from rich.cells import cell_len
from textual.strip import Strip

from engine.protocol import ENDS, Snapshot, State, safe_text
from fstui.i18n import tr, tr_n
from fstui.model.jobview import stalled, state_parts
from fstui.widgets.paint import StripView, line
from fstui.widgets.words import clip, count, duration, rate, reached, sign

_TONES = {
    State.DONE: "good",
    State.FAILED: "bad",
    State.CRASHED: "bad",
    State.REFUSED: "bad",
    State.INTERRUPTED: "warn",
    State.STOPPING: "warn",
    State.PAUSED: "warn",
}
SEPARATOR = "  "


class StatusLine(StripView):
    """One line about one job. `show()` at any rate: only changed characters are sent."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"status--{n}" for n in ("good", "bad", "warn", "run", "muted")
    }

    DEFAULT_CSS = """
    StatusLine { height: 1; width: 1fr; }
    StatusLine > .status--good { color: $text-success; text-style: bold; }
    StatusLine > .status--bad { color: $text-error; text-style: bold; }
    StatusLine > .status--warn { color: $text-warning; text-style: bold; }
    StatusLine > .status--run { color: $text-primary; text-style: bold; }
    StatusLine > .status--muted { color: $text-muted; }
    """

    def __init__(self, *, empty: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.empty = empty or tr("No job.")
        self._snapshot: Snapshot | None = None
        self._note = ""

    def show(self, snapshot: Snapshot | None, note: str = "") -> None:
        """A job's snapshot, or none; `note` stands at the right end (`remote 2 Hz`)."""
        self._snapshot, self._note = snapshot, safe_text(note)
        self.repaint()

    def paint(self, width: int, height: int) -> list[Strip]:
        """What fits, the most important first; the note stays at the right end."""
        muted = self.style_of("status--muted")
        if self._snapshot is None:
            parts, tone = [self.empty], "muted"
        else:
            now = time.time()
            parts = words_of(self._snapshot, self.ascii_only, now)
            tone = tone_of(self._snapshot, now)
        room = width - (cell_len(self._note) + len(SEPARATOR) if self._note else 0)
        text = parts[0]
        for part in parts[1:]:
            left = room - cell_len(text) - len(SEPARATOR)
            if cell_len(part) <= left:
                text += SEPARATOR + part
            elif self._snapshot is not None and self._snapshot.state in ENDS:
                text += SEPARATOR + clip(part, left, self.ascii_only)
        head, rest = text[: len(parts[0])], text[len(parts[0]) :]
        gap = " " * (width - cell_len(text) - cell_len(self._note))
        return [line((head, self.style_of(f"status--{tone}")), rest, gap, (self._note, muted))]


def tone_of(snapshot: Snapshot, now: float) -> str:
    """The colour of a state, beside its sign and word."""
    return "warn" if stalled(snapshot, now) else _TONES.get(snapshot.state, "run")


def words_of(snapshot: Snapshot, ascii_only: bool = False, now: float | None = None) -> list[str]:
    """What the line says, the most important first: state, place, time left, rate, device."""
    s = snapshot
    state, more = map(safe_text, state_parts(s, now))
    head = f"{sign(s.state, ascii_only)} {state}"
    if s.state in ENDS:
        stage = f": {safe_text(tr(s.stage))}" if s.stage else ""
        return [head + stage, *([safe_text(s.message)] if s.message else [])]
    if s.state is State.RUNNING and s.steps > 1:
        head += tr(" (step {n} of {of})").format(n=s.step + 1, of=s.steps)
    parts = [head, _place(s), more]
    if s.progress.eta_s is not None and s.state is not State.STOPPING:
        parts.append(tr("{time} left").format(time=duration(s.progress.eta_s)))
    parts += [rate(s.progress.rate, s.progress.unit), safe_text(s.device)]
    if s.warnings:
        parts.append(tr_n("{n} warning", "{n} warnings", s.warnings).format(n=s.warnings))
    return [p for p in parts if p]


def _place(s: Snapshot) -> str:
    """`it 41 200` or `120 of 400 frames`."""
    if s.iteration is not None:
        return tr("it {n}").format(n=count(s.iteration))
    done, total = s.progress.done, s.progress.total
    return reached(done, total, s.progress.unit) if total or done else ""
