"""A cut of a video: the parts that stay, closed up, and what that does to times and sound.

Times before and after are those of the source's own clock: the first part that stays begins where
the source's first frame did, each further one where the part before it ends.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from av import AudioFrame

from engine.media.read import Run


class Piece(NamedTuple):
    """A part that stays."""

    first: int
    """Index of its first frame in the source."""
    behind: int | None
    """Index of the frame behind its last one; None if it goes to the end."""
    number: int
    """Index of the same frame in the cut."""
    start: Fraction | None
    """Seconds; None from the beginning on, sound before the first picture too."""
    stop: Fraction | None
    """Seconds; None to the end."""
    shift: int
    """What its frames move back by, in units of the source's time base."""


@dataclass(frozen=True)
class Cut:
    """The pieces of a cut in order."""

    pieces: tuple[Piece, ...]
    time_base: Fraction
    frames: int
    """How many there are in it."""

    @classmethod
    def of(
        cls, spans: Sequence[tuple[int, int | None]], times: Sequence[int], time_base: Fraction
    ) -> Cut:
        """Of half-open spans of frame indices (from 0, in order, apart from each other) of a video
        whose frames have these time stamps. Spans behind its end are left out."""
        pieces: list[Piece] = []
        number, reached = 0, times[0] if times else 0
        for start, stop in spans:
            if start >= len(times):
                continue
            ends = stop is not None and stop < len(times)
            last = stop if ends and stop is not None else len(times)
            pieces.append(
                Piece(
                    start,
                    last if ends else None,
                    number,
                    times[start] * time_base if start else None,
                    times[last] * time_base if ends else None,
                    times[start] - reached,
                )
            )
            number += last - start
            reached += (times[last] if ends else times[-1]) - times[start]
        return cls(tuple(pieces), time_base, number)

    @property
    def stop(self) -> int | None:
        """The source frame behind the last one; None if it goes to the end."""
        return self.pieces[-1].behind

    def has(self, index: int) -> bool:
        """Whether a source frame is in it."""
        if index < self.pieces[0].first:
            return False
        behind = self._piece(index).behind
        return behind is None or index < behind

    def runs(self, number: int) -> list[Run]:
        """What to read of the source from a frame of the cut on."""
        if number >= self.frames:
            return []
        begin = self.source_index(number)
        return [
            Run(max(p.first, begin), p.behind)
            for p in self.pieces
            if p.behind is None or p.behind > begin
        ]

    def source_index(self, number: int) -> int:
        """Where a frame of the cut comes from."""
        at = bisect.bisect_right(self.pieces, number, key=lambda piece: piece.number) - 1
        return self.pieces[at].first + number - self.pieces[at].number

    def number(self, index: int) -> int:
        """A wanted source frame's index in the cut."""
        piece = self._piece(index)
        return piece.number + index - piece.first

    def pts(self, index: int, pts: int) -> int:
        """A wanted source frame's time stamp in the cut."""
        return pts - self._piece(index).shift

    def parts(
        self, begin: Fraction, end: Fraction
    ) -> Iterator[tuple[Fraction, Fraction, Fraction]]:
        """What is left of a time: from, to (both of the source), and where it begins in the cut."""
        for piece in self.pieces:
            start = begin if piece.start is None else max(begin, piece.start)
            stop = end if piece.stop is None else min(end, piece.stop)
            if start < stop:
                yield start, stop, start - piece.shift * self.time_base

    def span(self, begin: Fraction, end: Fraction) -> tuple[Fraction, Fraction] | None:
        """Where a subtitle or a chapter is in the cut; None if it is gone."""
        left = list(self.parts(begin, end))
        if not left:
            return None
        start, stop, moved = left[-1]
        return left[0][2], moved + stop - start

    def sound(self, frame: AudioFrame, clock: Fraction) -> Iterator[AudioFrame]:
        """What is left of a decoded sound frame, to the sample. `clock` seconds are added to its
        time to have the source's."""
        rate = frame.sample_rate
        begin = Fraction(frame.pts or 0) * Fraction(frame.time_base) + clock
        for start, stop, moved in self.parts(begin, begin + Fraction(frame.samples, rate)):
            first, last = round((start - begin) * rate), round((stop - begin) * rate)
            if last <= first:
                continue
            step = 1 if frame.format.is_planar else len(frame.layout.channels)
            samples = np.ascontiguousarray(frame.to_ndarray()[:, first * step : last * step])
            part = AudioFrame.from_ndarray(samples, frame.format.name, frame.layout)
            part.sample_rate, part.time_base = rate, Fraction(1, rate)
            part.pts = round((moved - clock) * rate)
            yield part

    def _piece(self, index: int) -> Piece:
        at = bisect.bisect_right(self.pieces, index, key=lambda piece: piece.first) - 1
        return self.pieces[at]
