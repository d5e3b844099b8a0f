"""Words written into a picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

INK = (210, 210, 210)


def write_label(picture: NDArray[np.uint8], text: str, at: tuple[int, int]) -> None:
    """Text with a dark rim from (x, y) px of its baseline on, readable on any picture; OpenCV's
    letters are ASCII only."""
    plain = text.encode("ascii", "replace").decode()
    for colour, thickness in (((0, 0, 0), 3), (INK, 1)):
        cv2.putText(
            picture, plain, at, cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, thickness, cv2.LINE_AA
        )
