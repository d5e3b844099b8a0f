"""When a training's losses stand still: the setting `plateau`.

The rule. From the iteration that counting begins at, iterations are parted into blocks of
`plateau` iterations, and for each block the mean loss of either side is taken. The losses stand
still when a whole block is behind whose means are, on both sides, not at least 1 % below those of
the block before it. A loss that rises stands still too: what was learnt is not getting better.

Blocks don't overlap, so that a training is judged once a block and noise has few chances to pass
for a standstill; the means are over iterations, however often losses were reported.
"""

from __future__ import annotations

from pathlib import Path

from engine import history, sessions
from engine.protocol import JobFolder
from engine.train.session import Session

LEAST = 0.01
"""Share by which a block's mean loss lies below the one before it while a side still learns."""
MOST_RECORDS = 100_000
"""Of the history, read when a training is taken up."""


class Plateau:
    """Judges reports of mean losses."""

    def __init__(self, block: int, since: int) -> None:
        self.block = block
        """Iterations in a block."""
        self.still = False
        """Whether the losses stand still."""
        self._last, self._end = since, since + block
        self._sums, self._steps = (0.0, 0.0), 0
        self._before: tuple[float, float] | None = None

    def take(self, iteration: int, loss_a: float, loss_b: float) -> None:
        """A report: the mean losses of the iterations since the report before. One that reaches
        into the next block counts for the block that it began in."""
        steps = iteration - self._last
        if steps <= 0:
            return
        self._last = iteration
        self._sums = self._sums[0] + steps * loss_a, self._sums[1] + steps * loss_b
        self._steps += steps
        if iteration >= self._end:
            self._close()

    def _close(self) -> None:
        means = self._sums[0] / self._steps, self._sums[1] / self._steps
        if self._before is not None:
            pairs = zip(means, self._before, strict=True)
            self.still = all(now > (1.0 - LEAST) * before for now, before in pairs)
        self._before = means
        self._sums, self._steps = (0.0, 0.0), 0
        self._end += self.block * ((self._last - self._end) // self.block + 1)


def plateau_of(session: Session) -> Plateau | None:
    """The judge of a training, told of what was reported so far; None where nobody asks for one."""
    block = session.settings.plateau
    if not block:
        return None
    since = min(began_at(session.work.folder), session.iteration)
    judge = Plateau(block, since)
    last = session.iteration
    for p in history.read_range(session.folder / "history", MOST_RECORDS, since + 1, last):
        judge.take(p.iteration, p.loss_a, p.loss_b)
    return judge


def began_at(folder: JobFolder) -> int:
    """The iteration that a job's losses can be compared from: where it began, or the first of the
    jobs that were cut off and it goes on from, or where a setting was last changed."""
    known = {session.job: session for session in sessions.read(folder.project / "model")}
    first = 0
    while (session := known.pop(folder.name, None)) is not None:
        changes = [mark.iteration for mark in session.marks if mark.kind == "change"]
        if changes:
            return max(changes)
        first = session.first
        before = folder.job().resumes
        if before is None or before not in known or before != Path(before).name:
            break
        folder = JobFolder(folder.path.with_name(before))
    return first
