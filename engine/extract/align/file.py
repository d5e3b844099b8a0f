"""The points that a file of faces brings, as they are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.errors import BadInput
from engine.extract.detect import Detection
from engine.extract.networks import Network
from engine.faces.landmarks import Landmarks
from engine.settings import ExtractSettings


class Aligner(Network):
    """Takes the 68 points of detections that have them; the other faces it doesn't see."""

    name = "file"
    shared = True

    def __init__(self, settings: ExtractSettings) -> None:
        """Raises `BadInput` where there is no such file."""
        if not settings.faces_file:
            raise BadInput(
                "The aligner 'file' takes its points from a file of faces: name it with the "
                "setting faces_file, and set the detector to 'file' too."
            )

    def __call__(
        self, faces: Sequence[tuple[NDArray[np.uint8], Detection]]
    ) -> list[Landmarks | None]:
        """The points of each face, None where the file has a box alone."""
        return [
            None if face.points is None else Landmarks(np.asarray(face.points, np.float32), None)
            for _, face in faces
        ]
