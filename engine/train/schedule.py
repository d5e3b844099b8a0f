"""The learning rate over a training."""

from __future__ import annotations

import math

WARM_UP = 20
"""Iterations over which the rate rises at the very start, while Adam's moments are noise."""
LEAST = 0.01
"""Share of the full rate that is left at the end."""


def learning_rate(full: float, iteration: int, part: float, decay: bool) -> float:
    """The rate of one iteration (counted from 1); `part` of the training is behind it, 0..1.

    With `decay` half a cosine leads down to 1 % at the end (I. Loshchilov and F. Hutter, "SGDR",
    ICLR 2017, without restarts), so that the last steps settle and don't wander.
    """
    rate = full * min(1.0, iteration / WARM_UP)
    if not decay:
        return rate
    left = 0.5 + 0.5 * math.cos(math.pi * min(max(part, 0.0), 1.0))
    return rate * (LEAST + (1.0 - LEAST) * left)
