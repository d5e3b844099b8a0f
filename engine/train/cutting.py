"""One training face: the part of its crop that is trained, and the areas that the loss weighs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.faces.areas import EYES, MOUTH, area, edged
from engine.faces.geometry import (
    Alignment,
    Matrix,
    Points,
    align,
    compose,
    invert,
    transform,
    warp,
)
from engine.faces.landmarks import Landmarks
from engine.faces.masks import Packed, fine_mask, mask_in, stored
from engine.tables import Face

MARGIN = 8
"""The margin on each side is this part of the crop's side: 1/8."""


@dataclass(frozen=True)
class Cut:
    """Which part of a face is trained, how large, and what of it counts."""

    size: int
    """Side of the crop, px: the largest of the model's input and outputs."""
    centring: str
    coverage: float
    """Share of the crop, 0..1."""
    mask: str
    """none, one that is drawn, or the name of a stored one."""
    down: float = 0.0
    """How much lower the face lies in the crop, as a share of its side."""
    dilation: float = 0.0
    """Per cent of the crop by which the mask is grown; below 0 shrunk."""
    blur: float = 0.0
    """Kernel of the mask's blur in px of a 128 px mask."""
    threshold: int = 0
    """Mask values this near to 0 or 255 become so."""
    areas: bool = False
    """Whether eyes and mouth are cut beside the face's mask."""

    @property
    def margin(self) -> int:
        """Margin on each side, px."""
        return self.size // MARGIN

    @property
    def side(self) -> int:
        """Side with both margins, px."""
        return self.size + 2 * self.margin

    @property
    def channels(self) -> int:
        """4: RGB and mask; 8, so that a pixel is one 64-bit number: eyes, mouth and two unused."""
        return 8 if self.areas else 4

    def matrix(self, alignment: Alignment) -> Matrix:
        """2x3, frame to the crop with its margins."""
        to_crop = alignment.crop_matrix(self.size, self.centring, self.coverage, self.down)
        to_crop[:, 2] += self.margin
        return to_crop


def piece(
    head: NDArray[np.uint8], face: Face, cut: Cut, mask: Packed | None = None
) -> NDArray[np.uint8]:
    """(side, side, channels) of one face out of its head-centred crop and stored mask."""
    here = Landmarks.of(face)
    alignment = align(here.points)
    to_crop = cut.matrix(alignment)
    matrix = compose(to_crop, invert(alignment.crop_matrix(head.shape[0])))
    rgb = np.asarray(warp(head, matrix, cut.side), np.uint8)
    planes = [rgb, _mask(here, mask, to_crop, cut)]
    if cut.areas:
        parts = [area(p, here.points, to_crop, cut.side, cut.size) for p in (EYES, MOUTH)]
        planes += [*parts, np.zeros((cut.side, cut.side, 2), np.uint8)]
    return np.dstack(planes)


def placed(points: Points, cut: Cut) -> NDArray[np.float32]:
    """(68, 2) landmarks of a frame in shares of the crop's side from its centre."""
    inside = transform(points, cut.matrix(align(points)))
    return ((inside - (cut.side - 1) / 2.0) / cut.size).astype(np.float32)


def _mask(here: Landmarks, mask: Packed | None, to_crop: Matrix, cut: Cut) -> NDArray[np.uint8]:
    """The face's mask at the crop's size with margins."""
    if cut.mask == "none":
        return np.full((cut.side, cut.side), 255, np.uint8)
    if mask:
        plain = mask_in(*stored(*mask), to_crop, cut.side)
    else:
        plain = fine_mask(cut.mask, here.points, here.mesh, to_crop, cut.side)
    return edged(plain, cut.size, cut.dilation, cut.blur, cut.threshold)
