"""What the masks that follow from the points alone have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.extract.networks import Network
from engine.faces.geometry import Centring
from engine.faces.landmarks import Landmarks
from engine.faces.masks import fine_mask
from engine.settings import ExtractSettings

IN_PLACE = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


class Drawn(Network):
    """A mask drawn at the size that it is stored at."""

    kind: ClassVar[str]
    """One of `engine.settings.convert.DRAWN`."""
    centring: ClassVar[Centring] = "face"
    looks: ClassVar[bool] = False

    def __init__(self, settings: ExtractSettings) -> None:
        self.side = settings.mask_size

    def __call__(
        self, crops: NDArray[np.uint8], landmarks: Sequence[Landmarks]
    ) -> NDArray[np.uint8]:
        """Masks (n, side, side) of faces with these landmarks."""
        return np.stack(
            [fine_mask(self.kind, f.points, f.mesh, IN_PLACE, self.side) for f in landmarks]
        )
