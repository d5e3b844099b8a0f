"""Training history: fixed-size records with a pyramid of means and extremes beside them.

`model/history/level0.bin` holds one record for each report of the training step; `level1.bin` and
up hold one record for every 16 of the level below, so that a chart over ten million iterations
reads a few thousand records. Standard library only: the interface reads these files.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import NamedTuple

FAN = 16
LEVELS = 6
_LEAF = struct.Struct("<Qdfff4x")
_NODE = struct.Struct("<Qdffffff")


class Point(NamedTuple):
    """One record: the mean over the reporting interval (level 0) or over 16**level of them."""

    iteration: int
    time: float
    loss_a: float
    loss_b: float
    rate: float
    """Iterations a second."""
    low_a: float
    high_a: float
    low_b: float
    high_b: float


class History:
    """Appends records and keeps the pyramid; the training step is the only writer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._pending: list[list[Point]] = [[] for _ in range(LEVELS)]
        for level in range(LEVELS - 1):
            self._pending[level] = self._mend(level)

    def _mend(self, level: int) -> list[Point]:
        """Make the level above agree with this one, which a kill between two writes or a power
        cut can prevent; the records that no record above covers yet."""
        have = _count(self.folder, level)
        above = _count(self.folder, level + 1)
        if above > have // FAN:
            above = have // FAN
            os.truncate(_path(self.folder, level + 1), above * _size(level + 1))
        for group in range(above, have // FAN):
            _write(self.folder, level + 1, fold(read_level(self.folder, level, group * FAN, FAN)))
        done = have // FAN * FAN
        return read_level(self.folder, level, done, have - done)

    def append(
        self, iteration: int, time: float, loss_a: float, loss_b: float, rate: float
    ) -> None:
        """Add one report."""
        point = Point(iteration, time, loss_a, loss_b, rate, loss_a, loss_a, loss_b, loss_b)
        self._append(0, point)

    def _append(self, level: int, point: Point) -> None:
        _write(self.folder, level, point)
        if level == LEVELS - 1:
            return
        pending = self._pending[level]
        pending.append(point)
        if len(pending) == FAN:
            self._pending[level] = []
            self._append(level + 1, fold(pending))


def fold(points: list[Point]) -> Point:
    """One point for many: means of the losses, extremes of the extremes, the last place."""
    n = len(points)
    last = points[-1]
    return Point(
        last.iteration,
        last.time,
        sum(p.loss_a for p in points) / n,
        sum(p.loss_b for p in points) / n,
        sum(p.rate for p in points) / n,
        min(p.low_a for p in points),
        max(p.high_a for p in points),
        min(p.low_b for p in points),
        max(p.high_b for p in points),
    )


def truncate_after(folder: Path, iteration: int) -> None:
    """Forget what came after `iteration`: a resumed training goes on from its checkpoint."""
    for level in range(LEVELS):
        count = _count(folder, level)
        low, high = 0, count
        while low < high:
            middle = (low + high) // 2
            if read_level(folder, level, middle, 1)[0].iteration <= iteration:
                low = middle + 1
            else:
                high = middle
        path = _path(folder, level)
        if path.exists():
            os.truncate(path, low * _size(level))


def read_level(folder: Path, level: int, start: int, count: int) -> list[Point]:
    """Records of one level; fewer than asked for at the end of the file."""
    if count <= 0:
        return []
    try:
        with open(_path(folder, level), "rb") as file:
            file.seek(start * _size(level))
            data = file.read(count * _size(level))
    except FileNotFoundError:
        return []
    whole = len(data) // _size(level) * _size(level)
    if level:
        return [
            Point(i, t, a, b, 0.0, la, ha, lb, hb)
            for i, t, a, b, la, ha, lb, hb in _NODE.iter_unpack(data[:whole])
        ]
    return [Point(i, t, a, b, r, a, a, b, b) for i, t, a, b, r in _LEAF.iter_unpack(data[:whole])]


def read_range(
    folder: Path, most: int = 2000, first: int = 0, last: int | None = None
) -> list[Point]:
    """About `most` points between two iterations, from the coarsest level that has enough.

    The newest points come from the finer levels, so the last value is always the last one written
    and no mean.
    """
    spans = [_span(folder, level, first, last) for level in range(LEVELS)]
    level = 0
    while level < LEVELS - 1 and spans[level][1] - spans[level][0] > most * 2:
        level += 1
    points: list[Point] = []
    reached = first - 1
    for finer in range(level, -1, -1):
        start, end = spans[finer]
        if points:
            start = max(start, _first_after(folder, finer, reached))
        if finer:
            end = max(end - 1, start)  # the newest coarse record may end where the history does
        got = read_level(folder, finer, start, end - start)
        points += got
        if got:
            reached = got[-1].iteration
    return points


def records(folder: Path) -> int:
    """How many reports the training has written: records of level 0."""
    return _count(folder, 0)


def _span(folder: Path, level: int, first: int, last: int | None) -> tuple[int, int]:
    start = _first_after(folder, level, first - 1) if first > 0 else 0
    end = _count(folder, level) if last is None else _first_after(folder, level, last)
    return start, end


def _first_after(folder: Path, level: int, iteration: int) -> int:
    """Index of the first record whose iteration is larger."""
    low, high = 0, _count(folder, level)
    while low < high:
        middle = (low + high) // 2
        if read_level(folder, level, middle, 1)[0].iteration <= iteration:
            low = middle + 1
        else:
            high = middle
    return low


def _path(folder: Path, level: int) -> Path:
    return folder / f"level{level}.bin"


def _size(level: int) -> int:
    return _NODE.size if level else _LEAF.size


def _count(folder: Path, level: int) -> int:
    try:
        return _path(folder, level).stat().st_size // _size(level)
    except FileNotFoundError:
        return 0


def _write(folder: Path, level: int, p: Point) -> None:
    record = (
        _NODE.pack(p.iteration, p.time, p.loss_a, p.loss_b, p.low_a, p.high_a, p.low_b, p.high_b)
        if level
        else _LEAF.pack(p.iteration, p.time, p.loss_a, p.loss_b, p.rate)
    )
    with open(_path(folder, level), "ab") as file:
        # A power cut can leave half a record; cut it off before the next one.
        torn = file.tell() % _size(level)
        if torn:
            file.truncate(file.tell() - torn)
        file.write(record)
