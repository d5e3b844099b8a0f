"""Mean and covariance of the target's RGB colours, by the map that moves colours least.

Source: F. Pitié and A. Kokaram, "The linear Monge-Kantorovitch linear colour mapping for
example-based colour transfer", CVMP 2007, equation 16.
"""

from __future__ import annotations

import numpy as np

from engine.convert.colours import Picture, Weight
from engine.convert.colours._moments import SPREAD_LIMITS, Vector, covariance, mapped


def matched(face: Picture, target: Picture, weight: Weight) -> Picture:
    """A = F^-1/2 (F^1/2 T F^1/2)^1/2 F^-1/2, whose stretches keep within limits."""
    mean, have = covariance(face, weight)
    aim, wanted = covariance(target, weight)
    root = power(have, 0.5)
    back = power(have, -0.5)
    gains, axes = np.linalg.eigh(back @ power(root @ wanted @ root, 0.5) @ back)
    matrix = (axes * np.clip(gains, *SPREAD_LIMITS)) @ axes.T
    return mapped(face, mean, matrix, aim)


def power(symmetric: Vector, exponent: float) -> Vector:
    """A power of a symmetric positive matrix."""
    values, axes = np.linalg.eigh(symmetric)
    return np.asarray((axes * np.maximum(values, 1e-12) ** exponent) @ axes.T)
