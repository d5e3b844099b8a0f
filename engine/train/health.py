"""Whether a training is still one: losses that are numbers and don't run away, faces that are no
flat colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import Damaged

SMOOTHED_OVER = 50
"""Iterations after which a loss counts for 1/e in its smoothed value."""
COLLAPSE = 4.0
"""A loss this many times its smoothed best is in doubt."""
PATIENCE = 300
"""Iterations in doubt after which it is a collapse and no hiccup."""
FLAT = 0.05
"""A painted face whose contrast is below this share of the real one's is a flat colour."""
ALIVE = 0.2
"""Contrast that a network must have reached once before it can collapse."""


class RanAway(Damaged):
    """The weights are worth nothing any more; the message is the first part of a sentence."""


class Health:
    """What losses and faces of one job say; it outlives roll-backs."""

    def __init__(self) -> None:
        self._best = [math.inf, math.inf]
        self._smoothed: list[float] | None = None
        self._doubted: int | None = None
        """Iteration since which the losses are too high."""
        self._alive = False

    @property
    def doubtful(self) -> bool:
        """Whether the losses are too high right now: nothing worth saving by itself."""
        return self._doubted is not None

    def take(self, iteration: int, loss_a: float, loss_b: float, steps: int) -> None:
        """Judge the mean losses of the last `steps`. Raises `RanAway`."""
        losses = [loss_a, loss_b]
        if not math.isfinite(loss_a + loss_b):
            raise RanAway("The losses are no numbers any more")
        before = self._smoothed or losses
        weight = 1.0 - math.exp(-steps / SMOOTHED_OVER)
        now = [b + weight * (x - b) for b, x in zip(before, losses, strict=True)]
        self._smoothed = now
        self._best = [min(best, x) for best, x in zip(self._best, now, strict=True)]
        high = [COLLAPSE * best for best in self._best]
        if not any(x > h for x, h in zip((*now, *losses), (*high, *high), strict=True)):
            self._doubted = None
            return
        self._doubted = iteration if self._doubted is None else self._doubted
        if iteration - self._doubted >= PATIENCE:
            raise RanAway(f"The losses have stayed above {COLLAPSE:g} times their best")

    def look(self, shown: Sequence[NDArray[Any]], painted: Sequence[NDArray[Any]]) -> None:
        """Judge each side's faces (n, size, size, 3) by what the network made of them. Raises
        `RanAway` for a side that is a flat colour and was not once."""
        shares = [contrast(p) / max(contrast(s), 1e-6) for s, p in zip(shown, painted, strict=True)]
        if self._alive and min(shares) < FLAT:
            side = "AB"[shares.index(min(shares))]
            raise RanAway(f"The faces of side {side} are painted as a flat colour")
        self._alive = self._alive or min(shares) > ALIVE

    def begin_again(self) -> None:
        """After a change that losses are not comparable over, or a return to older weights: the
        best stays what it was."""
        self._smoothed = self._doubted = None

    def forget(self) -> None:
        """After a change of what the losses are made of: there is no best any more."""
        self.begin_again()
        self._best = [math.inf, math.inf]


def contrast(faces: NDArray[Any]) -> float:
    """Standard deviation within faces in 0..1; what is no number counts as none."""
    return float(np.nan_to_num(np.std(faces, axis=(1, 2)).mean()))
