"""The edge of a swap's mask: how far in it lies on each side, and how softly it falls."""

from __future__ import annotations

from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.float32]

RIM = 0.03
"""Share of the crop's side over which the mask fades out at the crop's border."""
SIGMAS_ACROSS = 4.0
"""A Gaussian edge rises from 2 % to 98 % over four sigmas: that is its width here."""


class Edge(NamedTuple):
    """Per cent of the crop's side, but for kinds, counts and `mask_threshold`."""

    erosion: float = 0.0
    """How much smaller the mask becomes on all sides; below 0 larger."""
    erosion_top: float = 0.0
    erosion_bottom: float = 0.0
    erosion_left: float = 0.0
    erosion_right: float = 0.0
    """The same on one side of the crop, besides."""
    blur: float = 5.0
    """Width of the edge."""
    blur_kind: Literal["gaussian", "box"] = "gaussian"
    blur_passes: int = 1
    """Times that it is blurred so."""
    mask_threshold: float = 0.0
    """Per cent of the mask: what is less becomes nothing, what lacks less becomes whole."""


def softened(mask: Mask, edge: Edge) -> Mask:
    """A square mask 0..1 with its edge, which ends inside the crop."""
    side = mask.shape[0]
    mask = eroded(mask, edge.erosion / 100.0 * side)
    for toward, share in (
        ((0, 1), edge.erosion_top),
        ((0, -1), edge.erosion_bottom),
        ((1, 0), edge.erosion_left),
        ((-1, 0), edge.erosion_right),
    ):
        mask = pushed(mask, toward, share / 100.0 * side)
    for _ in range(edge.blur_passes):
        mask = blurred(mask, edge.blur_kind, edge.blur / 100.0 * side)
    cut = edge.mask_threshold / 100.0
    if cut > 0.0:
        mask = np.clip((mask - cut) / max(1.0 - 2.0 * cut, 1e-3), 0.0, 1.0)
    return (mask * rim(side)).astype(np.float32)


def eroded(mask: Mask, distance: float) -> Mask:
    """Smaller by a distance in pixels in all directions; below 0 larger."""
    radius = round(abs(distance))
    if not radius:
        return mask
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray((cv2.erode if distance > 0 else cv2.dilate)(mask, kernel), np.float32)


def pushed(mask: Mask, toward: tuple[int, int], distance: float) -> Mask:
    """With the edge that faces against `toward` (a step in x, y) moved that way by pixels; below 0
    moved back."""
    steps = round(abs(distance))
    if not steps:
        return mask
    across = toward[0] != 0
    kernel = np.ones((1, steps + 1) if across else (steps + 1, 1), np.uint8)
    # What lies up to so many pixels against the way counts, for growth what lies along it.
    behind = (sum(toward) > 0) == (distance > 0)
    last = steps if behind else 0
    anchor = (last, 0) if across else (0, last)
    act = cv2.erode if distance > 0 else cv2.dilate
    return np.asarray(act(mask, kernel, anchor=anchor), np.float32)


def blurred(mask: Mask, kind: str, width: float) -> Mask:
    """An edge that rises over so many pixels: as a Gaussian's integral, or evenly."""
    if kind == "box":
        pixels = 2 * round((width - 1.0) / 2.0) + 1
        if pixels < 3:
            return mask
        soft = cv2.blur(mask, (pixels, pixels), borderType=cv2.BORDER_CONSTANT)
    else:
        sigma = width / SIGMAS_ACROSS
        if sigma <= 0:
            return mask
        soft = cv2.GaussianBlur(mask, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(soft, np.float32)


def rim(side: int) -> Mask:
    """1 inside a crop, falling to 0 at its outermost pixels, side x side."""
    distance = np.minimum(np.arange(side), np.arange(side)[::-1])
    ramp = np.clip(distance / max(1.0, RIM * side), 0.0, 1.0).astype(np.float32)
    return np.minimum.outer(ramp, ramp)
