"""Finding a face's points more than once: jittered crops averaged, and again on an upright one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.extract.detect import Detection
from engine.faces.geometry import Points
from engine.faces.landmarks import LEFT_EYE, RIGHT_EYE, Landmarks
from engine.settings import ExtractSettings

JITTER = 0.05
"""How far a box is scaled up or down and, in its own widths and heights, moved at most."""

Seen = tuple[NDArray[np.uint8], Detection]
"""An RGB frame and a face that was detected in it."""


class Refiner:
    """An aligner around an aligner: `settings.refeed` more crops and `settings.realign`.

    The same detection always gives the same points: its jitter comes from its own box.
    """

    def __init__(self, settings: ExtractSettings, aligner: Any) -> None:
        self._refeed, self._realign = settings.refeed, settings.realign
        self._aligner = aligner
        self.name: str = aligner.name
        self.shared: bool = aligner.shared
        self.batch: int = aligner.batch

    def begin(self, medium: Path) -> None:
        """The frames of another medium follow."""
        self._aligner.begin(medium)

    def __call__(self, faces: Sequence[Seen]) -> list[Landmarks | None]:
        """The landmarks of each detected face, None where the aligner sees no face."""
        found = self._fed(faces)
        if not self._realign:
            return found
        again = [
            (number, (faces[number][0], upright(faces[number][1], landmarks.points)))
            for number, landmarks in enumerate(found)
            if landmarks is not None
        ]
        second = self._fed([face for _, face in again])
        for (number, _), landmarks in zip(again, second, strict=True):
            found[number] = landmarks or found[number]
        return found

    def _fed(self, faces: Sequence[Seen]) -> list[Landmarks | None]:
        """The mean of each face's passes; None where the first, unmoved one sees no face."""
        passes = 1 + self._refeed
        seen = self._aligner([(rgb, jittered(d, n)) for rgb, d in faces for n in range(passes)])
        together = [seen[start : start + passes] for start in range(0, len(seen), passes)]
        return [mean([p for p in every if p]) if every[0] else None for every in together]


def jittered(detection: Detection, number: int) -> Detection:
    """The detection with its box scaled and moved at random; as it is for number 0."""
    if number == 0:
        return detection
    box = np.array(detection.box, np.float64)
    rng = np.random.default_rng([number, *box.view(np.uint64).tolist()])
    centre, side = (box[:2] + box[2:]) / 2, box[2:] - box[:2]
    centre += side * rng.uniform(-JITTER, JITTER, 2)
    half = side / 2 * rng.uniform(1 - JITTER, 1 + JITTER)
    (left, top), (right, bottom) = (centre - half).tolist(), (centre + half).tolist()
    return replace(detection, box=(left, top, right, bottom))


def upright(detection: Detection, points: Points) -> Detection:
    """A detection made of found points (68, 2): their eyes, their turn, and a square around them
    that stands in the frame as turned."""
    (rx, ry), (lx, ly) = points[RIGHT_EYE].mean(0).tolist(), points[LEFT_EYE].mean(0).tolist()
    angle = float(np.arctan2(ly - ry, lx - rx))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turned = points @ turn.T
    x, y = ((turned.min(0) + turned.max(0)) / 2 @ turn).tolist()
    half = float(np.ptp(turned, axis=0).max()) / 2
    return replace(
        detection,
        box=(x - half, y - half, x + half, y + half),
        eyes=((rx, ry), (lx, ly)),
        turn=-float(np.degrees(angle)),
    )


def mean(found: Sequence[Landmarks]) -> Landmarks:
    """The mean of one face's landmarks."""
    meshes = [each.mesh for each in found if each.mesh is not None]
    points = _mean([each.points for each in found])
    return Landmarks(points, _mean(meshes) if meshes else None)


def _mean(arrays: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.stack(arrays).mean(0, dtype=np.float64).astype(np.float32)
