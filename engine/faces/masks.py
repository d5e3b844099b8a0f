"""Masks of a face from its points: hulls of the 68 landmarks, or the mesh's face oval."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.faces.geometry import Points
from engine.faces.landmarks import FACE_OVAL

HullKind = Literal["components", "extended"]

_HULLS: tuple[tuple[int, ...], ...] = (
    (*range(0, 9), 17),
    (*range(8, 17), 26),
    (17, 18, 19, 8),
    (24, 25, 26, 8),
    (*range(19, 25), 8),
    (*range(17, 22), 27, *range(31, 36), 8),
    (*range(22, 27), 27, *range(31, 36), 8),
    tuple(range(27, 36)),
)
"""Landmarks of each part: jaw, cheeks, nose ridge, eyes, nose; the mask is their hulls' union."""


def hull_mask(points_in_crop: Points, size: int, kind: str = "components") -> NDArray[np.uint8]:
    """A size x size mask, 255 inside the face, of (68, 2) landmarks in crop pixels.

    "components" ends at the brows, "extended" reaches over them by half the height of the eye
    region.
    """
    points = np.asarray(points_in_crop, np.float64)
    if kind == "extended":
        points = raised_brows(points)
    elif kind != "components":
        raise ValueError(f"no hull mask is called {kind}")
    mask = np.zeros((size, size), np.uint8)
    for part in _HULLS:
        _fill(mask, points[list(part)])
    return mask


def raised_brows(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Landmarks whose brow points lie half their distance to the eye higher."""
    raised = points.copy()
    right = (points[36] + (points[36] + points[0]) / 2) / 2
    left = (points[45] + (points[16] + points[45]) / 2) / 2
    below = np.stack([right, *points[36:40], *points[42:46], left])
    raised[17:27] += (points[17:27] - below) / 2
    return raised


def oval_mask(mesh_points_in_crop: Points, size: int) -> NDArray[np.uint8]:
    """A size x size mask, 255 inside the oval of (468, 2) mesh points in crop pixels."""
    mask = np.zeros((size, size), np.uint8)
    oval = np.asarray(mesh_points_in_crop, np.float64)[FACE_OVAL, :2]
    cv2.fillPoly(mask, [np.rint(oval).astype(np.int32)], 255, cv2.LINE_AA)
    return mask


def _fill(mask: NDArray[np.uint8], points: NDArray[np.float64]) -> None:
    hull = cv2.convexHull(np.rint(points).astype(np.int32))
    cv2.fillConvexPoly(mask, hull, 255, cv2.LINE_AA)
