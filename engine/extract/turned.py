"""Faces in frames that were turned: found there, told in the frame's own pixels."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import BadInput
from engine.extract.detect import Detection
from engine.faces.geometry import invert, transform
from engine.media.read import Frame
from engine.protocol import safe_text

Detect = Callable[[Sequence[Frame]], list[list[Detection]]]
MAX_ANGLES = 36


def angles(text: str) -> tuple[float, ...]:
    """The angles of the setting `rotate`, in degrees clockwise, in 0..360 without 0.

    One number is a step: 90 means 90, 180 and 270. Several are the angles themselves. Raises
    `BadInput`.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        numbers = [math.nan]
    if not all(0 < abs(number) < 360 for number in numbers):
        raise BadInput(
            f"'{safe_text(text)}' is no list of angles: write one step in degrees, as in 90, "
            "or the angles, as in 90,270."
        )
    if len(numbers) == 1:
        step = abs(numbers[0])
        numbers = [step * n for n in range(1, math.ceil(360 / step))]
    if len(numbers) > MAX_ANGLES:
        raise BadInput(
            f"'{safe_text(text)}' means {len(numbers)} angles: each is another look at a frame, "
            f"{MAX_ANGLES} are the most."
        )
    return tuple(dict.fromkeys(number % 360 for number in numbers))


def find_turned(detect: Detect, frame: Frame, angles: Sequence[float]) -> list[Detection]:
    """The faces at the angle that shows the surest one, told in the frame's pixels; of angles that
    are as sure, the first. A face that lies may be seen at a wrong angle too, less surely."""
    turned = [turn(frame.rgb, angle) for angle in angles]
    found = detect([replace(frame, rgb=rgb) for rgb, _ in turned]) if turned else []
    seen = [(faces, n) for n, faces in enumerate(found) if faces]
    if not seen:
        return []
    faces, best = max(seen, key=lambda item: max(face.score for face in item[0]))
    back = invert(turned[best][1])
    return [_turned_back(face, back, angles[best]) for face in faces]


def turn(rgb: NDArray[np.uint8], angle: float) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """A frame turned clockwise by degrees, all of it kept, and the matrix (2, 3) from its pixels
    to the turned ones. Quarter turns are exact."""
    height, width = rgb.shape[:2]
    radians = math.radians(angle)
    quarters = round(angle / 90)
    exact = math.isclose(angle, 90 * quarters)
    c, s = (
        ((1, 0), (0, 1), (-1, 0), (0, -1))[quarters % 4]
        if exact
        else (math.cos(radians), math.sin(radians))
    )
    wide = width * abs(c) + height * abs(s)
    high = width * abs(s) + height * abs(c)
    size = max(1, math.ceil(wide - 1e-6)), max(1, math.ceil(high - 1e-6))
    linear = np.array([[c, -s], [s, c]], float)
    old, new = np.array([width - 1, height - 1]) / 2, np.array([size[0] - 1, size[1] - 1]) / 2
    matrix = np.column_stack([linear, new - linear @ old])
    if exact:
        return np.ascontiguousarray(np.rot90(rgb, -quarters)), matrix
    return cv2.warpAffine(rgb, matrix, size, flags=cv2.INTER_LINEAR), matrix


def _turned_back(face: Detection, back: NDArray[np.float64], angle: float) -> Detection:
    """A face of the turned frame in the frame's own pixels: its box keeps its centre and, for
    turns that are no quarter, its area."""
    left, top, right, bottom = face.box
    (centre,) = transform(np.array([[left + right, top + bottom]]) / 2, back)
    half = _half(right - left, bottom - top, angle)
    box = (*(centre - half).tolist(), *(centre + half).tolist())
    eyes = None
    if face.eyes is not None:
        (a, b) = transform(np.asarray(face.eyes, float), back).tolist()
        eyes = ((a[0], a[1]), (b[0], b[1]))
    points = None if face.points is None else transform(face.points, back).astype(np.float32)
    return replace(face, box=box, eyes=eyes, turn=angle, points=points)


def _half(width: float, height: float, angle: float) -> NDArray[np.float64]:
    """Half the sides of the upright box of a turned one: swapped at a quarter turn, the same at a
    half turn, between them at others."""
    share = math.sin(math.radians(angle)) ** 2
    ratio = (width / height) ** (0.5 - share) if width > 0 and height > 0 else 1.0
    side = math.sqrt(max(width, 0.0) * max(height, 0.0))
    return np.array([side * ratio, side / ratio]) / 2
