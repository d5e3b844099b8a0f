"""A few lines of styled text that repaint only what changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.cells import cell_len
from textual.geometry import Size
from textual.strip import Strip

from engine.protocol import safe_text
from fstui.widgets.paint import StripView, line
from fstui.widgets.rows import Rows, Tone
from fstui.widgets.words import clip, fit, fold

Run = str | tuple[str, Tone]
Line = Sequence[Run]

MOST = 1000
"""Lines of the screen that anything may take."""


SENTENCES = ("warn", "bad")
"""Tones of whole sentences: what does not fit is left out at their end, of names in the middle."""


class Lines(StripView):
    """Shows lines; a line that is too long goes on in the next one where `wrap` says so."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"lines--{n}" for n in ("good", "bad", "warn", "muted", "accent")
    }
    DEFAULT_CSS = """
    Lines { height: auto; width: 1fr; }
    Lines > .lines--good { color: $text-success; }
    Lines > .lines--bad { color: $text-error; text-style: bold; }
    Lines > .lines--warn { color: $text-warning; }
    Lines > .lines--muted { color: $text-muted; }
    Lines > .lines--accent { color: $text-accent; text-style: bold; }
    """

    def __init__(self, *, wrap: bool = False, bottom: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._lines: list[Line] = []
        self._wrap = wrap
        self._bottom = bottom
        """Show the last lines when not all fit."""

    def show(self, lines: Sequence[Line]) -> None:
        """Take new lines."""
        width = self.content_size.width
        before = self._needed(width)
        self._lines = list(lines)
        self.repaint()
        if self.styles.is_auto_height and self._needed(width) != before:
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """All lines."""
        return self._needed(width)

    def _needed(self, width: int) -> int:
        """Lines of the screen at a width; at least one, so that first ones move nothing."""
        return max(1, len(self.paint(width, MOST))) if width else 1

    @property
    def text(self) -> str:
        """What is said, without styles."""
        return "\n".join("".join(_text(run) for run in one) for one in self._lines)

    def paint(self, width: int, height: int) -> list[Strip]:
        """The lines that fit."""
        strips: list[Strip] = []
        for one in self._lines:
            if self._wrap and len(one) == 1:
                strips += [self._line([piece], width) for piece in _folded(one[0], width)]
            else:
                strips.append(self._line(one, width))
        return strips[-height:] if self._bottom else strips[:height]

    def _line(self, one: Line, width: int) -> Strip:
        parts, left = [], width
        for run in one:
            text, tone = (run, "") if isinstance(run, str) else run
            text = safe_text(text)
            if cell_len(text) > left:
                cut = clip if tone in SENTENCES else fit
                text = cut(text, left, ascii_only=self.ascii_only)
            left -= cell_len(text)
            parts.append((text, self.style_of(f"lines--{tone}") if tone else None))
        return line(*parts)


class Listing(Rows):
    """A list that is read only: its rows can't be opened, so enter isn't offered."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Everything but opening."""
        return False if action == "choose" else super().check_action(action, parameters)


def _text(run: Run) -> str:
    return run if isinstance(run, str) else run[0]


def _folded(run: Run, width: int) -> list[Run]:
    """One run cut into lines at its blanks."""
    text, tone = (run, None) if isinstance(run, str) else run
    pieces = fold(safe_text(text), width) or [""]
    return [p if tone is None else (p, tone) for p in pieces]
