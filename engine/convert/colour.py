"""Matching the predicted face's colour to the face that it replaces.

All pictures are RGB float32 0..1, (height, width, 3); weights float32 0..1, (height, width), and
count how much a pixel has a say.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]

SPREAD_LIMITS = (0.5, 2.0)
"""How much the spread of a channel may change: a flat target would wash the face out, a noisy one
would blow it up."""
LEAST_WEIGHT = 16.0
"""Pixels in all that statistics need; below that the colour is left alone."""


def match(method: str, face: Picture, target: Picture, weight: NDArray[np.float32]) -> Picture:
    """`face` with the colour of `target` by a method: none, average or lab."""
    if method == "none" or weight.sum() < LEAST_WEIGHT:
        return face
    if method == "average":
        return average(face, target, weight)
    if method == "lab":
        return lab(face, target, weight)
    raise ValueError(f"no colour method is called {method}")


def average(face: Picture, target: Picture, weight: NDArray[np.float32]) -> Picture:
    """Shift each RGB channel to the target's mean."""
    shift = _moments(target, weight)[0] - _moments(face, weight)[0]
    return np.clip(face + shift, 0.0, 1.0)


def lab(face: Picture, target: Picture, weight: NDArray[np.float32]) -> Picture:
    """Mean and spread of each CIE L*a*b* channel of the target.

    Source: E. Reinhard et al., "Color transfer between images", IEEE CG&A 21(5), 2001, with
    CIE L*a*b* in place of its own space.
    """
    face_lab = cv2.cvtColor(np.clip(face, 0.0, 1.0), cv2.COLOR_RGB2LAB)
    target_lab = cv2.cvtColor(np.clip(target, 0.0, 1.0), cv2.COLOR_RGB2LAB)
    mean, spread = _moments(face_lab, weight)
    target_mean, target_spread = _moments(target_lab, weight)
    gain = np.clip(target_spread / np.maximum(spread, 1e-3), *SPREAD_LIMITS)
    matched = (face_lab - mean) * gain + target_mean
    back = cv2.cvtColor(matched.astype(np.float32), cv2.COLOR_LAB2RGB)
    return np.clip(back, 0.0, 1.0).astype(np.float32)


def _moments(
    picture: Picture, weight: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weighted mean and standard deviation of each channel."""
    share = (weight / weight.sum())[:, :, None]
    mean = (picture * share).sum((0, 1))
    spread = np.sqrt((np.square(picture - mean) * share).sum((0, 1)))
    return mean.astype(np.float32), spread.astype(np.float32)
