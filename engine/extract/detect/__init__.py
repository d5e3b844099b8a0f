"""Detectors: one network a file, each with a class `Detector(settings)` to call on frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.faces.geometry import Points
from engine.media.read import Frame

Point = tuple[float, float]


@dataclass(frozen=True)
class Detection:
    """A face that a detector found, in frame pixels."""

    box: tuple[float, float, float, float]
    """Left, top, right, bottom."""
    score: float
    eyes: tuple[Point, Point] | None = None
    """The subject's own right and left eye, where the detector knows them."""
    turn: float = 0.0
    """Degrees clockwise that the frame was turned by for the face to be found upright."""
    points: Points | None = None
    """(68, 2), where a file brings them."""

    @property
    def eye_line(self) -> NDArray[np.float64]:
        """Direction (2,) from the right eye to the left: where it is unknown, of an upright face
        in the frame as it was turned."""
        if self.eyes is not None:
            return np.subtract(self.eyes[1], self.eyes[0])
        angle = np.radians(-self.turn)
        return np.array([np.cos(angle), np.sin(angle)])


class FindsFaces(Protocol):
    """What a `Detector` is, beside a `Network`."""

    def __call__(self, frames: Sequence[Frame]) -> list[list[Detection]]:
        """The faces of each frame, best first."""
        ...
