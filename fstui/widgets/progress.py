"""A bar for how far something is, with its per cent in figures."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.strip import Strip

from fstui.widgets.paint import StripView, line

EIGHTHS = " ▏▎▍▌▋▊▉█"
FIGURES = 5
"""Columns for ` 100%`."""


class Progress(StripView):
    """`show(done, total)` at any rate: only the cells at the bar's end are sent."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"progress--bar", "progress--rest"}

    DEFAULT_CSS = """
    Progress { height: 1; width: 1fr; }
    Progress > .progress--bar { color: $primary; background: $panel; }
    Progress > .progress--rest { color: $text-muted; }
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._done: float = 0
        self._total: float | None = None

    def show(self, done: float, total: float | None) -> None:
        """How much of how much; without a total the bar is empty and has no figures."""
        self._done, self._total = done, total
        self.repaint()

    @property
    def share(self) -> float | None:
        """0.0 to 1.0, None when the total isn't known."""
        if not self._total or self._total <= 0:
            return None
        return min(max(self._done / self._total, 0.0), 1.0)

    def paint(self, width: int, height: int) -> list[Strip]:
        """The bar and its figures; in ASCII `[###----]  43%`."""
        share = self.share
        figures = "" if share is None else f"{int(share * 100):>{FIGURES - 1}}%"
        bar = bar_text(share or 0.0, max(0, width - FIGURES), self.ascii_only)
        style = None if self.ascii_only else self.style_of("progress--bar")
        return [line((bar, style), (figures.rjust(FIGURES), self.style_of("progress--rest")))]


def bar_text(share: float, width: int, ascii_only: bool = False) -> str:
    """A bar of exactly `width` columns; full only when `share` is 1."""
    if ascii_only:
        inner = max(0, width - 2)
        full = int(share * inner)
        return f"[{'#' * full}{'-' * (inner - full)}]"[:width]
    eighths = int(share * width * 8)
    full, part = divmod(eighths, 8)
    return ("█" * full + (EIGHTHS[part] if full < width else "")).ljust(width)
