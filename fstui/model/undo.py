"""Undo and redo of steps that are each known by what was before and what is after."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")

MOST = 200
"""Steps that are kept."""


class Undo(Generic[T]):
    """The steps that were taken; a new one forgets those that were undone."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._steps: list[tuple[T, T]] = []
        self._at = 0
        """How many of the steps hold now."""

    def __len__(self) -> int:
        return self._at

    @property
    def undone(self) -> int:
        """How many steps can be done again."""
        return len(self._steps) - self._at

    def push(self, before: T, after: T) -> None:
        """A step was taken."""
        self._steps = [*self._steps[: self._at], (before, after)][-self._most :]
        self._at = len(self._steps)

    def undo(self) -> T | None:
        """What was before the last step; None when there is none."""
        if not self._at:
            return None
        self._at -= 1
        return self._steps[self._at][0]

    def redo(self) -> T | None:
        """What was after the step that was undone last; None when there is none."""
        if self._at == len(self._steps):
            return None
        self._at += 1
        return self._steps[self._at - 1][1]
