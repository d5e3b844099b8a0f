"""Masks of a face: drawn from its points, or as they are stored and placed into any crop.

Drawn are hulls of the 68 landmarks and the mesh's face oval.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import BadInput, Damaged
from engine.faces.geometry import (
    Matrix,
    Points,
    compose,
    invert,
    resized,
    scale_of,
    transform,
    warp,
)
from engine.faces.landmarks import FACE_OVAL
from engine.protocol import safe_text
from engine.settings.convert import DRAWN
from engine.store import Store
from engine.tables import Face

Packed = tuple[bytes, bytes, int]
"""A mask as faces.db has it: PNG, 2x3 matrix frame to mask (float32 little-endian), side in px."""

FINER = 4
"""How much larger `fine_mask` draws."""

LARGEST_PX = 2048
"""Side of the largest mask that is read."""

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


def drawn_mask(
    kind: str, points: Points, mesh: Points | None, to_crop: Matrix, size: int
) -> NDArray[np.uint8]:
    """One of `DRAWN`, size x size, of (68, 2) landmarks and (468, 2) mesh points in a frame;
    `to_crop` leads from there to the mask's pixels.

    A face whose mesh is not known has no oval: the hull that reaches over the brows, which is
    nearest to it, stands in.
    """
    if kind == "oval" and mesh is not None:
        return oval_mask(transform(mesh, to_crop), size)
    hull = "extended" if kind == "oval" else kind
    return hull_mask(transform(points, to_crop), size, hull)


def fine_mask(
    kind: str, points: Points, mesh: Points | None, to_crop: Matrix, size: int
) -> NDArray[np.uint8]:
    """As `drawn_mask`, drawn larger and reduced: a soft edge at the right place, where an outline
    in whole pixels lies up to one outside."""
    large = size * FINER
    mask = drawn_mask(kind, points, mesh, compose(resized(size, large), to_crop), large)
    return np.asarray(cv2.resize(mask, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


# --- stored masks ----------------------------------------------------------------------------


def pack(mask: NDArray[np.uint8], matrix: Matrix) -> Packed:
    """A mask (n, n) and its 2x3 matrix, frame to mask pixels, as faces.db has them."""
    _, data = cv2.imencode(".png", mask)
    return data.tobytes(), np.ascontiguousarray(matrix, "<f4").tobytes(), len(mask)


def stored(picture: bytes, matrix: bytes, size: int) -> tuple[NDArray[np.uint8], Matrix]:
    """The mask (size, size) of a row, 255 inside, and its 2x3 matrix, frame to mask pixels.

    Raises `Damaged`.
    """
    if not 0 < size <= LARGEST_PX or len(matrix) != 24:
        raise _unreadable()
    if picture[16:24] != size.to_bytes(4, "big") * 2:  # a PNG's own size: no other is decoded
        raise _unreadable()
    mask = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    to_mask = np.frombuffer(matrix, "<f4").reshape(2, 3).astype(np.float64)
    if mask is None or mask.shape != (size, size) or not np.isfinite(to_mask).all():
        raise _unreadable()
    if scale_of(to_mask) < 1e-6:
        raise _unreadable()
    return np.asarray(mask, np.uint8), to_mask


def stored_of(
    store: Store, faces: Sequence[Face], kind: str, whose: str, project: str
) -> list[Packed | None]:
    """The masks called `kind` of faces; None for each where they are drawn or there is none.

    Raises `BadInput` when faces lack it; `whose` says whose faces they are.
    """
    if kind in (*DRAWN, "none"):
        return [None] * len(faces)
    found = [store.mask(face.id, kind) for face in faces]
    if missing := found.count(None):
        name = safe_text(kind)
        raise BadInput(
            f"{missing} of {whose}'s {len(faces)} faces have no mask called {name}: run "
            f"'extract {project} --masks {name}'."
        )
    return found


def mask_in(
    mask: NDArray[np.uint8], matrix: Matrix, to_crop: Matrix, size: int
) -> NDArray[np.uint8]:
    """A stored mask in another crop of the same face, size x size, 0 where it doesn't reach.

    `matrix` and `to_crop` are 2x3, from frame pixels to those of the mask and of the crop.
    """
    return np.asarray(warp(mask, compose(to_crop, invert(matrix)), size, border=0), np.uint8)


def _unreadable() -> Damaged:
    return Damaged("A mask in faces.db can't be read: extract that footage again.")


def _fill(mask: NDArray[np.uint8], points: NDArray[np.float64]) -> None:
    hull = cv2.convexHull(np.rint(points).astype(np.int32))
    cv2.fillConvexPoly(mask, hull, 255, cv2.LINE_AA)
