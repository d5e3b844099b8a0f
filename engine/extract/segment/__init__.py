"""Masks: one a file, each with a class `Segmenter(settings)` to call on crops of faces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.faces.geometry import Centring
from engine.faces.landmarks import Landmarks


class FindsMasks(Protocol):
    """What a `Segmenter` is, beside a `Network`."""

    side: int
    """Width and height in pixels of the crops that it looks at."""
    centring: ClassVar[Centring]
    """How they are cut."""
    looks: ClassVar[bool]
    """Whether it needs the pixels; a mask drawn from points alone is given crops without any."""

    def __call__(
        self, crops: NDArray[np.uint8], landmarks: Sequence[Landmarks]
    ) -> NDArray[np.uint8]:
        """Masks (n, side, side), 255 inside the face, of RGB crops (n, side, side, 3) and the
        landmarks in them (crop pixels)."""
        ...
