"""The target's whole distribution of colours, by small steps along many directions at once.

Source: J. Rabin, G. Peyré, J. Delon and M. Bernot, "Wasserstein barycenter and its application to
texture mixing", SSVM 2011 (sliced optimal transport).
"""

from __future__ import annotations

import numpy as np

from engine.convert.colours import Picture, Weight
from engine.convert.colours._quantiles import rising, sample, transferred
from engine.convert.colours._rotations import rotations

ROUNDS = 8
AXES_A_ROUND = 2
"""Rotations of three directions each whose moves are averaged."""


def matched(face: Picture, target: Picture, weight: Weight) -> Picture:
    """Each colour moves by the mean of its moves along all directions of a round."""
    count = weight.astype(np.float64).ravel()
    own, aims = face.reshape(-1, 3).astype(np.float64), target.reshape(-1, 3).astype(np.float64)
    known, wanted = sample(own, count), sample(aims, count)
    for group in rotations(ROUNDS * AXES_A_ROUND).reshape(ROUNDS, 3 * AXES_A_ROUND, 3):
        moves = [np.zeros_like(own), np.zeros_like(known)]
        for direction in group:
            have, goal = rising(known @ direction), rising(wanted @ direction)
            for move, colours in zip(moves, (own, known), strict=True):
                seen = colours @ direction
                move += (transferred(seen, have, goal) - seen)[:, None] * direction
        own, known = own + moves[0] / AXES_A_ROUND, known + moves[1] / AXES_A_ROUND
    return own.reshape(face.shape).astype(np.float32)
