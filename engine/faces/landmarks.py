"""Points on a face, and the way from the 468 of the face mesh to the 68 of iBUG."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.tables import Face

MESH_TO_68 = np.array(
    [
        # jaw
        *(162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389),
        # brows
        *(71, 63, 105, 66, 107, 336, 296, 334, 293, 301),
        # nose
        *(168, 197, 5, 4, 75, 97, 2, 326, 305),
        # eyes
        *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),
        # mouth, outside and inside
        *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87),
    ]
)
"""Mesh index of each of the 68 landmarks; jaw and brows differ a little from iBUG's own."""

FACE_OVAL = np.array(
    [
        *(10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377),
        *(152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109),
    ]
)
"""Mesh indices around the face, in order. Source: the face oval of MediaPipe (Apache-2.0)."""


RIGHT_EYE, LEFT_EYE = slice(36, 42), slice(42, 48)
"""The subject's own, of the 68."""
OUTER_LIPS = slice(48, 60)


@dataclass(frozen=True)
class Landmarks:
    """Where a face is, in display-rotated frame pixels."""

    points: NDArray[np.float32]
    """(68, 2)."""
    mesh: NDArray[np.float32] | None
    """(468, 2) where the aligner knows them."""

    @classmethod
    def of(cls, face: Face) -> Landmarks:
        """From a row of faces.db."""
        mesh = np.frombuffer(face.mesh, "<f4").reshape(-1, 2) if face.mesh else None
        return cls(np.frombuffer(face.points, "<f4").reshape(-1, 2), mesh)


def landmarks68(mesh: NDArray[np.float32]) -> NDArray[np.float32]:
    """(68, 2) of (468, 2) or (468, 3) mesh points."""
    return np.ascontiguousarray(mesh[MESH_TO_68, :2], np.float32)
