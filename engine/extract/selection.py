"""Which frames of a medium are to be looked at: the settings frames, times and every."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.media.probe import MediaInfo
from engine.media.read import Run, packet_times
from engine.settings import ExtractSettings
from engine.spans import ROUNDING_S, Span, both, frame_spans, time_spans, united

READ_ON_FRAMES = 250
"""Gaps up to this long are read through: encoders place key frames about that far apart, and a
seek begins at one."""


@dataclass(frozen=True)
class Selection:
    """The wanted frames of one medium."""

    spans: tuple[Span, ...]
    """In order, apart from each other."""
    every: int
    """Of these, the indices that this divides."""
    frames: int | None
    """How many the medium has by its own word; None if it doesn't say."""
    expected: int | None
    """The same, else by its duration; None if that isn't known either."""
    is_video: bool

    @classmethod
    def of(cls, settings: ExtractSettings, path: Path, info: MediaInfo) -> Selection:
        """The selection of a medium. Raises `BadInput` for settings that can't be read.

        Times count from the medium's first frame, whatever its clock says; pictures count as 25 a
        second. A video's time stamps are read once, without decoding, if times are set.
        """
        spans = frame_spans(settings.frames)
        if settings.times:
            typed = time_spans(settings.times)
            stamps = packet_times(path) if info.kind == "video" else []
            spans = both(spans, united(_timed(typed, stamps, info)))
        return cls(
            tuple(spans),
            settings.every,
            info.frames,
            info.expected_frames,
            info.kind == "video",
        )

    def wanted(self, index: int) -> bool:
        """Whether a frame is to be looked at."""
        at = bisect.bisect_right(self.spans, index, key=lambda span: span.start) - 1
        if at < 0 or index % self.every:
            return False
        stop = self.spans[at].stop
        return stop is None or index < stop

    def count(self) -> int | None:
        """How many frames are wanted; None if it isn't known where the medium ends."""
        return self.count_left(())

    def count_left(self, looked: Iterable[int]) -> int | None:
        """How many are wanted beside those that were looked at; None if that isn't known."""
        count = 0
        for start, stop in self._left(looked):
            ends = [e for e in (stop, self.expected) if e is not None]
            if not ends:
                return None
            count += max(0, -(-(min(ends) - start) // self.every))
        return count

    def runs(self, looked: Iterable[int] = ()) -> Iterator[Run]:
        """The wanted frames beside those that were looked at, in order, for `FrameReader`.

        Short gaps of a video are read through, and every gap of pictures, which costs nothing:
        their indices are the run's `skip`.
        """
        first: int | None = None
        stop: int | None = 0
        skip: set[int] = set()
        for span in self._left(looked):
            if first is not None and stop is not None:
                if self.is_video and span.start - stop > READ_ON_FRAMES:
                    yield Run(first, stop, self.every, frozenset(skip))
                    first, skip = None, set()
                else:
                    skip.update(range(self._grid(stop), span.start, self.every))
            first = span.start if first is None else first
            stop = span.stop
        if first is not None:
            yield Run(first, stop, self.every, frozenset(skip))

    def _left(self, looked: Iterable[int]) -> Iterator[Span]:
        """The spans without what was looked at; each begins on a wanted frame."""
        seen = sorted({i for i in looked if i % self.every == 0})
        for start, stop in self.spans:
            begin = self._grid(start)
            end = len(seen) if stop is None else bisect.bisect_left(seen, stop)
            for index in seen[bisect.bisect_left(seen, begin) : end]:
                if begin < index:
                    yield Span(begin, index)
                begin = index + self.every
            if self.frames is not None and begin >= self.frames:
                return
            if stop is None or begin < stop:
                yield Span(begin, stop)

    def _grid(self, index: int) -> int:
        """The first index from this one on that `every` divides."""
        return -(-index // self.every) * self.every


def check(settings: ExtractSettings) -> None:
    """Raise `BadInput` if frames or times can't be read, before any medium is opened."""
    frame_spans(settings.frames)
    time_spans(settings.times)


def _timed(
    typed: list[tuple[float, float | None]], stamps: list[int], info: MediaInfo
) -> Iterator[Span]:
    """Times as spans of frames: through time stamps, else by the rate."""

    def index(seconds: float) -> int:
        """How many frames begin before this time."""
        if not stamps:
            return max(0, math.ceil(seconds * float(info.fps)))
        return bisect.bisect_left(stamps, stamps[0] + seconds / float(info.time_base))

    for first, last in typed:
        stop = None if last is None else index(last + ROUNDING_S)
        yield Span(index(first - ROUNDING_S), stop)
