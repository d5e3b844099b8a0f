"""What a camera does to a face and a model does not: grain, and blur along the face's movement.

Pictures are RGB float32 0..255 in the frame's own pixels, (height, width, 3).
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.convert.balance import LUMA

Picture = NDArray[np.float32]

SHUTTER = 0.5
"""Part of a frame's time that a shutter is open: 180 degrees, as film is shot."""
LEAST_PX = 1.0
"""A shorter blur isn't seen."""
LONGEST = 0.25
"""Of a blur, as a share of the picture's smaller side: faces of a jump cut don't move."""
NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
SMOOTH = 12.0
"""Grey values by which a pixel's surroundings vary at most where grain is measured: beyond is
drawing."""


def grain_of(picture: Picture) -> float:
    """Standard deviation of a picture's noise in brightness, where it is smooth.

    Source: J. Immerkær, "Fast Noise Variance Estimation", CVIU 64(2), 1996.
    """
    light = picture @ LUMA
    if min(light.shape) < 5:
        return 0.0
    residue = np.abs(cv2.filter2D(light, -1, NOISE_KERNEL))
    slope = np.abs(cv2.Sobel(cv2.GaussianBlur(light, (0, 0), 2.0), -1, 1, 0)) + np.abs(
        cv2.Sobel(cv2.GaussianBlur(light, (0, 0), 2.0), -1, 0, 1)
    )
    even = slope[1:-1, 1:-1] <= SMOOTH
    if not even.any():
        return 0.0
    return float(math.sqrt(math.pi / 2.0) / 6.0 * residue[1:-1, 1:-1][even].mean())


def grained(face: Picture, frame: Picture, amount: float, seed: int) -> Picture:
    """`face` with `amount` per cent of the grain that it lacks to look as the frame does there; the
    same for the same seed."""
    if amount <= 0.0:
        return face
    lacks = math.sqrt(max(grain_of(frame) ** 2 - grain_of(face) ** 2, 0.0)) * amount / 100.0
    if lacks < 0.1:
        return face
    noise = np.random.default_rng(seed).standard_normal(face.shape[:2], np.float32)
    return np.asarray(face + noise[..., None] * np.float32(lacks), np.float32)


def moved(face: Picture, step: tuple[float, float], amount: float) -> Picture:
    """`face` blurred along its movement of `step` pixels (x, y) from frame to frame; at 100 per
    cent as an open shutter of 180 degrees blurs it."""
    length = min(_length(step, amount), LONGEST * min(face.shape[:2]))
    if length < LEAST_PX:
        return face
    kernel = line(length, math.atan2(step[1], step[0]))
    return np.asarray(cv2.filter2D(face, -1, kernel, borderType=cv2.BORDER_REPLICATE), np.float32)


def reach(step: tuple[float, float], amount: float) -> int:
    """Pixels around a place whose colours `moved` takes there."""
    length = _length(step, amount)
    return math.ceil(length / 2.0) + 1 if length >= LEAST_PX else 0


def _length(step: tuple[float, float], amount: float) -> float:
    return math.hypot(*step) * SHUTTER * amount / 100.0


def line(length: float, angle: float) -> NDArray[np.float32]:
    """A kernel that is even along a line through its middle and sums to 1; smooth at both ends."""
    half = math.ceil(length / 2.0) + 1
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(np.float32)
    along = np.abs(x * math.cos(angle) + y * math.sin(angle))
    beside = np.abs(-x * math.sin(angle) + y * math.cos(angle))
    kernel = np.clip(length / 2.0 + 0.5 - along, 0.0, 1.0) * np.clip(1.0 - beside, 0.0, 1.0)
    return np.asarray(kernel / kernel.sum(), np.float32)
