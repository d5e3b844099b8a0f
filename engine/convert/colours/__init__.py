"""Matching the predicted face's colour to the face that it replaces: one method a file.

A file has `matched(face, target, weight)`. All pictures are RGB float32 0..1, (height, width, 3);
weights float32 0..1, (height, width), and count how much a pixel has a say: the mask. What comes
back may leave 0..1; `match` clips it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]
Weight = NDArray[np.float32]

NONE = "none"
LEAST_WEIGHT = 16.0
"""Pixels in all that statistics need; below that the colour is left alone."""


class Method(Protocol):
    """What a file holds."""

    def matched(self, face: Picture, target: Picture, weight: Weight) -> Picture:
        """`face` with the colours of `target`."""


def match(method: str, face: Picture, target: Picture, weight: Weight) -> Picture:
    """`face` with the colour of `target` by a method, the name of a file or none."""
    if method == NONE or weight.sum() < LEAST_WEIGHT:
        return face
    module: Method = import_module(f"{__name__}.{method}")
    return np.clip(module.matched(face, target, weight), 0.0, 1.0).astype(np.float32)
