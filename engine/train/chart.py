"""A chart of losses by learning rate as a picture, for looking at outside a terminal."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH_PX, HEIGHT_PX = 960, 540
EDGE_PX = 60
GREY, BLUE, RED = (110, 110, 110), (190, 110, 30), (40, 40, 210)
"""BGR, as OpenCV draws."""


def png(rates: list[float], losses: list[float], picked: float | None) -> bytes:
    """The curve over rates in powers of ten, and a line at the rate that was picked; PNG."""
    picture = np.full((HEIGHT_PX, WIDTH_PX, 3), 255, np.uint8)
    low, high = (min(losses), max(losses)) if losses else (0.0, 1.0)
    across = (math.log10(rates[0]), math.log10(rates[-1])) if rates else (-10.0, -1.0)
    _grid(picture, across, (low, high))
    if picked is not None:
        x = _x(math.log10(picked), across)
        cv2.line(picture, (x, EDGE_PX), (x, HEIGHT_PX - EDGE_PX), RED, 1)
        _write(picture, f"{picked:.2e}", (x + 6, EDGE_PX + 14), RED)
    points = [
        (_x(math.log10(rate), across), _y(loss, (low, high)))
        for rate, loss in zip(rates, losses, strict=True)
    ]
    if points:
        cv2.polylines(picture, [np.array(points, np.int32)], False, BLUE, 2)
    return bytes(cv2.imencode(".png", picture)[1].tobytes())


def _x(value: float, across: tuple[float, float]) -> int:
    return EDGE_PX + _place(value, across, WIDTH_PX - 2 * EDGE_PX)


def _y(value: float, up: tuple[float, float]) -> int:
    return HEIGHT_PX - EDGE_PX - _place(value, up, HEIGHT_PX - 2 * EDGE_PX)


def _place(value: float, ends: tuple[float, float], length: int) -> int:
    low, high = ends
    return round((value - low) / max(high - low, 1e-12) * length)


def _grid(picture: NDArray[np.uint8], across: tuple[float, float], up: tuple[float, float]) -> None:
    """A mark at each power of ten, the least and the greatest loss, and what the axes are."""
    floor = HEIGHT_PX - EDGE_PX
    cv2.rectangle(picture, (EDGE_PX, EDGE_PX), (WIDTH_PX - EDGE_PX, floor), GREY, 1)
    for power in range(math.ceil(across[0]), math.floor(across[1]) + 1):
        x = _x(float(power), across)
        cv2.line(picture, (x, floor), (x, floor + 6), GREY, 1)
        _write(picture, f"1e{power}", (x - 16, floor + 22), GREY)
    for loss in up:
        _write(picture, f"{loss:.3g}", (6, _y(loss, up) + 4), GREY)
    _write(picture, "smoothed loss by learning rate", (EDGE_PX, EDGE_PX - 14), GREY)


def _write(
    picture: NDArray[np.uint8], text: str, place: tuple[int, int], colour: tuple[int, int, int]
) -> None:
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)
