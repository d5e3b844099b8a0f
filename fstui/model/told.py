"""A question of which only the other answers are told."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

News = TypeVar("News")


class Told(Generic[News]):
    """A question for `Tail.also`: looked into at most once in a while, told when the answer is
    another one than before. For the tail's thread."""

    def __init__(
        self,
        look: Callable[[], News | None],
        every_s: float,
        *,
        seen: Callable[[News], object] = lambda news: news,
        share: float = 0.05,
    ) -> None:
        self._look = look
        """None where there is nothing to tell yet: it is looked for again at once."""
        self._every_s = every_s
        self._seen = seen
        """What makes a difference of an answer."""
        self._share = share
        """The most of the time that goes into looking: on a slow disk it looks less often."""
        self._last: object = None
        self._due = 0.0

    def __call__(self) -> News | None:
        """The answer if it is another one; what `look` raises."""
        began = time.monotonic()
        if began < self._due:
            return None
        now = self._look()
        if now is None:
            return None
        ended = time.monotonic()
        self._due = ended + max(self._every_s, (ended - began) / self._share)
        if (seen := self._seen(now)) == self._last:
            return None
        self._last = seen
        return now

    def soon(self) -> None:
        """Somebody changed what is asked about: the next question is looked into, however soon it
        comes."""
        self._due = 0.0
