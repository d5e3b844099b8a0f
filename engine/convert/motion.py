"""How far a face moves from frame to frame, told from its neighbours in time."""

from __future__ import annotations

import numpy as np

from engine.faces.landmarks import Landmarks

Step = tuple[float, float]
"""x and y in display-rotated frame pixels a frame."""
STILL: Step = (0.0, 0.0)
NEAR = 0.5
"""Of a face's height: a face that lies farther off in the next frame is another one."""


def steps(faces: dict[int, list[Landmarks]], index: int) -> list[Step]:
    """For each face of a frame the mean of its steps from the frame before and to the next one."""
    return [_step(face, faces, index) for face in faces.get(index, [])]


def _step(face: Landmarks, faces: dict[int, list[Landmarks]], index: int) -> Step:
    here = face.points.mean(axis=0)
    height = float(np.ptp(face.points[:, 1]))
    found = []
    for other, sign in ((index - 1, 1.0), (index + 1, -1.0)):
        places = [near.points.mean(axis=0) for near in faces.get(other, [])]
        away = [here - place for place in places]
        away = [move for move in away if float(np.hypot(*move)) < NEAR * height]
        if away:
            found.append(sign * min(away, key=lambda move: float(np.hypot(*move))))
    if not found:
        return STILL
    x, y = np.mean(found, axis=0)
    return float(x), float(y)
