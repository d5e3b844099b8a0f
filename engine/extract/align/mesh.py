"""MediaPipe's face mesh on LiteRT: 468 points in two passes, and whether it is a face at all."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from engine import packs
from engine.extract.detect import Detection
from engine.extract.networks import Network
from engine.faces.geometry import Matrix, invert, transform, warp
from engine.faces.landmarks import Landmarks, landmarks68
from engine.faces.normalise import normaliser
from engine.settings import ExtractSettings

SIDE = 192
MARGIN = 1.5
"""Side of the network's crop over the longer side of the face's box."""
PASSES = 2
"""The second crop comes from the first pass's points, which halves the error."""

RIGHT_EYE, LEFT_EYE = (33, 133), (263, 362)
"""Mesh indices of the corners of the subject's right and left eye."""


class Aligner(Network):
    """Lays the mesh on detected faces. Not for more than one thread: each makes its own."""

    name = "mesh"

    def __init__(self, settings: ExtractSettings) -> None:
        self._least = settings.presence
        self._even = normaliser(settings.normalise)
        self._net = Interpreter(model_path=str(packs.find("mesh")), num_threads=1)
        self._net.allocate_tensors()
        self._input = self._net.get_input_details()[0]["index"]
        outputs = {int(d["shape"][-1]): d["index"] for d in self._net.get_output_details()}
        self._points, self._presence = outputs[1404], outputs[1]

    def __call__(
        self, faces: Sequence[tuple[NDArray[np.uint8], Detection]]
    ) -> list[Landmarks | None]:
        """The points of each detected face, None where the network sees no face."""
        return [self._lay(rgb, detection) for rgb, detection in faces]

    def _lay(self, rgb: NDArray[np.uint8], detection: Detection) -> Landmarks | None:
        eye_line = detection.eye_line
        points = np.array(detection.box).reshape(2, 2)
        for _ in range(PASSES):
            points, presence = self._once(rgb, crop_to_mesh(points, eye_line))
            if presence < self._least:
                return None
            right, left = (points[list(eye)].mean(0) for eye in (RIGHT_EYE, LEFT_EYE))
            eye_line = left - right
        return Landmarks(landmarks68(points), points)

    def _once(self, rgb: NDArray[np.uint8], matrix: Matrix) -> tuple[NDArray[np.float32], float]:
        """(468, 2) in the frame, and 0..1 how sure the network is that its crop shows a face."""
        crop = self._even(warp(rgb, matrix, SIDE))
        self._net.set_tensor(self._input, np.multiply(crop[None], 1 / 255, dtype=np.float32))
        self._net.invoke()
        points = self._net.get_tensor(self._points).reshape(468, 3)[:, :2] - 0.5
        logit = float(self._net.get_tensor(self._presence).reshape(()))
        presence = 1.0 / (1.0 + np.exp(-np.clip(logit, -50.0, 50.0)))
        return transform(points, invert(matrix)), float(presence)


def crop_to_mesh(points: NDArray[np.floating], eye_line: NDArray[np.floating]) -> Matrix:
    """2x3, frame to the network's crop: upright by the eyes, centred on the points' box.

    `points` (n, 2) are the box's corners or the mesh of the pass before.
    """
    angle = np.arctan2(eye_line[1], eye_line[0])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    if len(points) == 2:  # a box stands upright in the frame: turn its centre, keep its side
        centre, side = points.mean(0), np.ptp(points, axis=0).max()
    else:
        turned = points @ turn.T
        centre = (turned.min(0) + turned.max(0)) / 2 @ turn
        side = np.ptp(turned, axis=0).max()
    scale = SIDE / max(MARGIN * side, 1.0)
    middle = SIDE / 2 - 0.5
    return np.column_stack([scale * turn, middle - scale * turn @ centre])
