"""Giving numbers another distribution: each goes where the target has as many below it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

TAIL = 0.005
"""Share at either end that keeps the value where the share ends: single lights and shadows of the
target would be spread over the face."""
COLOURS_MOST = 4096
"""Colours of a picture that stand for all of them where its distribution is matched many times."""


def distribution(values: Numbers, weights: Numbers) -> tuple[Numbers, Numbers]:
    """The different values of any weight in rising order, and for each the weight of all below it
    and half of those alike, as a share, 0..1."""
    values, weights = values[weights > 0.0], weights[weights > 0.0]
    known, place = np.unique(values, return_inverse=True)
    at = np.bincount(place.ravel(), weights, len(known))
    return known, (np.cumsum(at) - 0.5 * at) / at.sum()


def rising(numbers: Numbers) -> Numbers:
    """(m,) or columns of (m, k) in order, without the outermost at either end."""
    tail = int(TAIL * len(numbers))
    return np.asarray(np.sort(numbers, axis=0)[tail : len(numbers) - tail])


def transferred(values: Numbers, have: Numbers, aims: Numbers) -> Numbers:
    """(n,) values, whose distribution the rising (m,) ones of `have` stand for, with that of the
    rising (m,) aims. Order is kept, and alike values stay alike."""
    return np.asarray(np.interp(values, have, aims))


def sample(colours: Numbers, weights: Numbers) -> Numbers:
    """(m, 3): of (n, 3) colours those at even steps of their weights."""
    sums = np.cumsum(weights)
    count = min(COLOURS_MOST, len(weights))
    steps = (np.arange(count) + 0.5) / count * sums[-1]
    return np.asarray(colours[np.searchsorted(sums, steps)])
