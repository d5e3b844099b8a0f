"""Evening out the light of the crops that an aligner sees."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import BadInput
from engine.faces.geometry import Picture
from engine.protocol import safe_text

CLIP, GRID = 2.0, (4, 4)
"""CLAHE: how far a bin may stand over the mean one, and tiles across and down."""

Normaliser = Callable[[Picture], NDArray[np.uint8]]


def normaliser(kind: str) -> Normaliser:
    """A function on uint8 crops (h, w, channels), each channel by itself; for one thread.

    `clahe` equalises in tiles with limited contrast, `hist` the whole channel, `mean` stretches it
    to 0..255, `none` leaves it. Raises `BadInput` for another word.
    """
    match kind:
        case "none":
            return lambda crop: np.asarray(crop, np.uint8)
        case "clahe":
            return _each_channel(cv2.createCLAHE(CLIP, GRID).apply)
        case "hist":
            return _each_channel(cv2.equalizeHist)
        case "mean":
            return _each_channel(stretched)
    raise BadInput(
        f"'{safe_text(kind)}' is no way to even out light: there is none, clahe, hist, mean."
    )


def _each_channel(even: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]) -> Normaliser:
    def evened(crop: Picture) -> NDArray[np.uint8]:
        channels = np.moveaxis(crop, -1, 0)
        return np.stack([even(np.ascontiguousarray(c, np.uint8)) for c in channels], -1)

    return evened


def stretched(channel: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The channel with its darkest value at 0 and its brightest at 255; one value stays."""
    low, high = int(channel.min()), int(channel.max())
    if low == high:
        return channel
    values = (np.arange(256) - low) * (255.0 / (high - low))
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)[channel]
