"""Aligners: one network a file, each with a class `Aligner(settings)` to call on detections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.extract.detect import Detection
from engine.faces.landmarks import Landmarks


class FindsLandmarks(Protocol):
    """What an `Aligner` is, beside a `Network`."""

    def __call__(
        self, faces: Sequence[tuple[NDArray[np.uint8], Detection]]
    ) -> list[Landmarks | None]:
        """The landmarks of each RGB frame's detected face, None where it sees no face."""
        ...
