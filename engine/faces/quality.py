"""Figures of a face's picture: sharpness, brightness, what covers it, a hash that finds copies."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.faces.geometry import Alignment, Points, compose, invert, padding, transform
from engine.faces.masks import hull_mask

SIDE = 192
"""The crop is measured at this side, so that figures don't depend on the saved size."""

HASH_SIDE = 8

SPECTRUM_SIDE = 128
"""The smallest saved size: what it can't hold is not asked for."""
FINE = 0.25
"""Fine is what repeats more often than this a pixel at that side: half of what it can hold."""

LIGHT_SIDE = 96
FEATURES = (
    *(range(17, 22), range(22, 27), range(31, 36)),
    *(range(36, 42), range(42, 48), range(48, 60)),
)
"""Landmarks of brows, nostrils, eyes and lips, which are no plain skin."""
UNLIKE = 0.15
"""Skin whose brightness differs by more than this share of the face's own is something else's."""


class Quality(NamedTuple):
    """Measured on the face alone, not on what is around it."""

    blur: float
    """Variance of the Laplacian of the brightness (0..255) inside the face: low is blurred."""
    brightness: float
    """Mean brightness inside the face, 0..1."""
    spectrum: float
    """Share of fine detail in the core face's spectrum, 0..1: low is blurred."""
    occlusion: float
    """Share of the skin below the brows that is lit unlike a face, 0..1: a guess that something
    covers it. What lies over the forehead alone is not seen."""
    duplicate: bytes
    """Difference hash of 64 bits: near-duplicates differ in few of them."""


def measure(crop: NDArray[np.uint8], alignment: Alignment) -> Quality:
    """Figures of a head-centred RGB crop and the face in it."""
    grey = _resized(np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.uint8), SIDE)
    inside = hull_mask(_points(alignment, SIDE), SIDE) & 128
    if not inside.any():  # a face that collapsed to a line
        inside[:] = 255
    _, deviation = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_32F), mask=inside)
    return Quality(
        blur=float(deviation[0, 0] ** 2),
        brightness=cv2.mean(grey, inside)[0] / 255.0,
        spectrum=fine_share(_core(_resized(grey, SPECTRUM_SIDE), alignment)),
        occlusion=occlusion(_resized(grey, LIGHT_SIDE), _points(alignment, LIGHT_SIDE)),
        duplicate=difference_hash(_core(grey, alignment)),
    )


def fine_share(grey: NDArray[np.uint8]) -> float:
    """Root of the share of a square picture's energy, its mean left out, that lies above `FINE`.

    A blur weakens each frequency more than all lower ones, so it lowers the share. Source: the
    frequency domain measures of S. Pertuz, D. Puig and M. A. Garcia, "Analysis of focus measure
    operators for shape-from-focus", Pattern Recognition 46 (2013).
    """
    window, fine = _spectrum(len(grey))
    energy = np.abs(np.fft.rfft2((grey - grey.mean()) * window)) ** 2
    total = energy.sum() - energy[0, 0]
    return float(np.sqrt(energy[fine].sum() / total)) if total else 0.0


@lru_cache(maxsize=4)
def _spectrum(side: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The window of a square picture, for edges of a cut are no detail, and which frequencies of
    its spectrum are above `FINE`."""
    window = np.hanning(side + 2)[1:-1]
    rate = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    return np.outer(window, window), rate > FINE


def occlusion(grey: NDArray[np.uint8], points: Points) -> float:
    """Share of the skin (brows, eyes, nostrils and lips are left out) that is lit unlike a face.

    Light on bare skin changes slowly, so a cubic surface describes it, fitted to the brightness by
    least squares; a hand, a microphone or hair leave edges and shadows beside it. (68, 2) points in
    the picture's pixels.
    """
    side = len(grey)
    covered = np.zeros_like(grey)
    for part in FEATURES:
        hull = cv2.convexHull(np.rint(points[list(part)]).astype(np.int32))
        cv2.fillConvexPoly(covered, hull, 255)
    covered = cv2.dilate(covered, np.ones((9, 9), np.uint8))
    plain = ((hull_mask(points, side) > 127) & (covered == 0)).astype(np.uint8)
    skin = np.flatnonzero(cv2.erode(plain, np.ones((3, 3), np.uint8)))
    if len(skin) < 40:  # too few for the surface's ten numbers
        return 0.0
    light = cv2.GaussianBlur(grey, (0, 0), 1.5).ravel()[skin].astype(np.float64)
    light /= max(float(np.median(light)), 1.0)
    surface = _cubic_surface(side)[skin]
    numbers = np.linalg.lstsq(surface.T @ surface, surface.T @ light, rcond=None)[0]
    return float((np.abs(light - surface @ numbers) > UNLIKE).mean())


@lru_cache(maxsize=4)
def _cubic_surface(side: int) -> NDArray[np.float64]:
    """(side * side, 10) what each number of a cubic surface adds at each pixel of a picture."""
    y, x = np.indices((side, side)).reshape(2, -1) / side - 0.5
    return np.stack([x**i * y**j for i in range(4) for j in range(4 - i)], -1)


def difference_hash(grey: NDArray[np.uint8]) -> bytes:
    """8 bytes: whether each of 8x8 cells is darker than its right neighbour."""
    cells = cv2.resize(grey, (HASH_SIDE + 1, HASH_SIDE), interpolation=cv2.INTER_AREA)
    return np.packbits(cells[:, :-1] < cells[:, 1:]).tobytes()


def hash_distance(a: bytes, b: bytes) -> int:
    """How many bits of two hashes differ."""
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).bit_count()


def _resized(grey: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def _points(alignment: Alignment, side: int) -> NDArray[np.float32]:
    """The landmarks in a head-centred crop of so many pixels."""
    return transform(alignment.points, alignment.crop_matrix(side))


def _core(grey: NDArray[np.uint8], alignment: Alignment) -> NDArray[np.uint8]:
    """The core face (the unit square of the mean face) of a head-centred crop."""
    whole = len(grey)
    to_crop = compose(alignment.crop_matrix(whole), invert(alignment.matrix))
    side = whole - 2 * padding(whole, "head")
    left, top = np.clip(np.rint(to_crop[:, 2]).astype(int), 0, whole - side)
    return grey[top : top + side, left : left + side]
