"""The target's whole distribution of colours, by matching it along rotated axes again and again.

Source: F. Pitié, A. Kokaram and R. Dahyot, "N-dimensional probability density function transfer
and its application to colour transfer", ICCV 2005.
"""

from __future__ import annotations

import numpy as np

from engine.convert.colours import Picture, Weight
from engine.convert.colours._quantiles import Numbers, rising, sample, transferred
from engine.convert.colours._rotations import rotations

ROUNDS = 10


def matched(face: Picture, target: Picture, weight: Weight) -> Picture:
    """Three axes at once in each round."""
    count = weight.astype(np.float64).ravel()
    own, aims = face.reshape(-1, 3).astype(np.float64), target.reshape(-1, 3).astype(np.float64)
    # What stands for the face inside the mask moves along with the whole of it.
    known, wanted = sample(own, count), sample(aims, count)
    for axes in rotations(ROUNDS):
        seen, have, goal = (colours @ axes.T for colours in (own, known, wanted))
        own, known = (_along(colours, have, goal) @ axes for colours in (seen, have))
    return own.reshape(face.shape).astype(np.float32)


def _along(colours: Numbers, have: Numbers, goal: Numbers) -> Numbers:
    """Each column with the distribution of the goal's."""
    ends = rising(have), rising(goal)
    moved = [transferred(colours[:, n], ends[0][:, n], ends[1][:, n]) for n in range(3)]
    return np.stack(moved, axis=1)
