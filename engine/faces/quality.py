"""Figures of a face's picture: sharpness, brightness, a hash that finds near-duplicates."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.faces.geometry import Alignment, compose, invert, padding, transform
from engine.faces.masks import hull_mask

SIDE = 192
"""The crop is measured at this side, so that figures don't depend on the saved size."""

HASH_SIDE = 8


class Quality(NamedTuple):
    """Measured on the face alone, not on what is around it."""

    blur: float
    """Variance of the Laplacian of the brightness (0..255) inside the face: low is blurred."""
    brightness: float
    """Mean brightness inside the face, 0..1."""
    duplicate: bytes
    """Difference hash of 64 bits: near-duplicates differ in few of them."""


def measure(crop: NDArray[np.uint8], alignment: Alignment) -> Quality:
    """Figures of a head-centred RGB crop and the face in it."""
    small = cv2.resize(crop, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
    points = transform(alignment.points, alignment.crop_matrix(SIDE))
    inside = hull_mask(points, SIDE) > 127
    if not inside.any():  # a face that collapsed to a line
        inside = np.ones_like(inside)
    edges = cv2.Laplacian(grey, cv2.CV_32F)
    return Quality(
        blur=float(edges[inside].var()),
        brightness=float(grey[inside].mean() / 255.0),
        duplicate=difference_hash(_core(grey, alignment)),
    )


def difference_hash(grey: NDArray[np.uint8]) -> bytes:
    """8 bytes: whether each of 8x8 cells is darker than its right neighbour."""
    cells = cv2.resize(grey, (HASH_SIDE + 1, HASH_SIDE), interpolation=cv2.INTER_AREA)
    return np.packbits(cells[:, :-1] < cells[:, 1:]).tobytes()


def hash_distance(a: bytes, b: bytes) -> int:
    """How many bits of two hashes differ."""
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).bit_count()


def _core(grey: NDArray[np.uint8], alignment: Alignment) -> NDArray[np.uint8]:
    """The core face (the unit square of the mean face) of a head-centred crop."""
    to_crop = compose(alignment.crop_matrix(SIDE), invert(alignment.matrix))
    side = SIDE - 2 * padding(SIDE, "head")
    left, top = np.clip(np.rint(to_crop[:, 2]).astype(int), 0, SIDE - side)
    return grey[top : top + side, left : left + side]
