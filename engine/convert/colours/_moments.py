"""Weighted means, spreads and covariances of a picture's channels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.convert.colours import Picture, Weight

SPREAD_LIMITS = (0.5, 2.0)
"""How much the spread of colours may change: a flat target would wash the face out, a noisy one
would blow it up."""
LEAST_VARIANCE = 1e-5
"""Added to each variance, so that one colour alone has a spread too."""

Vector = NDArray[np.float64]


def moments(picture: Picture, weight: Weight) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and standard deviation of each channel, (3,)."""
    share = (weight / weight.sum())[:, :, None]
    mean = (picture * share).sum((0, 1))
    spread = np.sqrt((np.square(picture - mean) * share).sum((0, 1)))
    return mean.astype(np.float32), spread.astype(np.float32)


def covariance(picture: Picture, weight: Weight) -> tuple[Vector, Vector]:
    """Mean (3,) and covariance (3, 3) of the colours."""
    share = (weight / weight.sum()).astype(np.float64).ravel()
    colours = picture.reshape(-1, 3).astype(np.float64)
    mean = share @ colours
    apart = colours - mean
    return mean, (apart * share[:, None]).T @ apart + LEAST_VARIANCE * np.eye(3)


def mapped(picture: Picture, mean: Vector, matrix: Vector, aim: Vector) -> Picture:
    """Colours about `mean` through a 3x3 matrix to colours about `aim`."""
    gain, shift = matrix.astype(np.float32), (aim - matrix @ mean).astype(np.float32)
    return np.asarray(picture @ gain.T + shift, np.float32)
