"""The part of a history that a chart shows: all of it, its newest part, or a part further back. No
Textual."""

from __future__ import annotations

from typing import NamedTuple

LEAST = 20
"""Iterations that a window holds at least."""
STEPS = 8
"""Parts of its width by which a window follows the newest: moving with each value would redraw the
whole chart each time."""


class Window(NamedTuple):
    """A place in a history. Iterations throughout."""

    width: int | None = None
    """None shows all."""
    end: int | None = None
    """None follows the newest."""

    def bounds(self, first: int, last: int) -> tuple[int, int]:
        """First and last iteration that are seen of a history from `first` to `last`."""
        if self.width is None:
            return first, last
        if self.end is not None:
            return max(self.end - self.width, first), self.end
        step = max(self.width // STEPS, 1)
        low = max(-(-(last - self.width) // step) * step, first)
        return low, max(low + self.width, last)

    def zoomed(self, closer: bool, first: int, last: int) -> Window:
        """Half as wide, or twice: around its middle, at the newest with its end held."""
        low, high = self.bounds(first, last)
        width = max((high - low) // 2, LEAST) if closer else 2 * (self.width or high - low)
        if width >= last - first:
            return Window()
        if self.end is None:
            return Window(width)
        return Window(width, (low + high) // 2 + width // 2).settled(first, last)

    def scrolled(self, part: float, first: int, last: int) -> Window:
        """Later by a part of its width; earlier where that is negative."""
        if self.width is None:
            return self
        _, high = self.bounds(first, last)
        end = (last if self.end is None else high) + round(part * self.width)
        return Window(self.width, end).settled(first, last)

    def holding(self, iteration: int, first: int, last: int) -> Window:
        """The same if it shows an iteration, else one of its width around that."""
        low, high = self.bounds(first, last)
        if self.width is None or low <= iteration <= high:
            return self
        return Window(self.width, iteration + self.width // 2).settled(first, last)

    def settled(self, first: int, last: int) -> Window:
        """Inside the history; at its end it follows the newest."""
        if self.width is None or self.end is None or self.end >= last:
            return Window(self.width)
        return Window(self.width, max(self.end, first + self.width))
