"""Faces as the interface shows and edits them: their place in the crop, and the frame they are in.

The interface loads no OpenCV and decodes no video: it asks for these through `engine/ask.py`.
"""

from __future__ import annotations

import base64
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.curate import PAINTED
from engine.errors import BadInput, Damaged, from_os_error
from engine.extract.describe import is_face
from engine.faces.crops import encode_jpeg
from engine.faces.geometry import Matrix, align, compose, transform
from engine.faces.landmarks import Landmarks
from engine.faces.masks import drawn_mask, mask_in, stored
from engine.media.read import FrameReader, Run
from engine.project import Project
from engine.protocol import safe_text, write_atomic
from engine.store import Store
from engine.tables import Face, FrameFace

REGION = 1.7
"""Side of the square around a face that is edited, in sides of the square around its points."""
MASK_PX = 256
"""Side of a mask that is painted."""
OUTLINE_PX = 256
"""Side of the picture in which a mask's outline is followed."""
BEGINNING = "extended"
"""What painting begins with where no mask is stored, as extraction's `custom` mask does."""


def places_of(project: Project, ids: list[int]) -> list[dict[str, Any]]:
    """Where each face lies in its crop: `id`, `points` (68 pairs) and the `outline` of its `mask`
    (rings of pairs), both as shares of the crop's side.

    Nothing is said of a face that is gone or has no points. A face whose points moved since it
    was cut is `stale`: its crop doesn't show it so.
    """
    with Store(project.db_path, readonly=True) as store:
        rows = _rows(store, ids)
        return [_place(store, r.face) for r in rows if is_face(Landmarks.of(r.face).points)]


def frame_of(project: Project, face: int, folder: Path) -> dict[str, Any]:
    """The source frame of a face, decoded into a JPEG of `folder`: its `path`, `width`, `height`;
    the `region` (left, top, side in px) to edit the face in, and the mask there: its name and
    `MASK_PX` x `MASK_PX` bytes, zlib in base64.

    Raises `BadInput` when face or footage is gone.
    """
    with Store(project.db_path, readonly=True) as store:
        rows = _rows(store, [face])
        if not rows:
            raise BadInput("This face isn't in faces.db any more: it was extracted anew meanwhile.")
        medium = store.media_by_id(rows[0].media)
        path = folder / f"{medium.id}-{rows[0].idx}.jpg"
        rgb = decoded(project, medium.path, rows[0].idx)
        region = _region(rows[0].face)
        name, mask = _mask(store, rows[0].face, _to_region(region), MASK_PX)
    try:
        write_atomic(path, encode_jpeg(rgb), durable=False)
    except OSError as error:
        raise from_os_error(error, f"writing {path}") from error
    return {
        "path": str(path),
        "width": rgb.shape[1],
        "height": rgb.shape[0],
        "region": region,
        "mask_name": name,
        "mask": base64.b64encode(zlib.compress(mask.tobytes())).decode(),
    }


def _rows(store: Store, ids: list[int]) -> list[FrameFace]:
    """These faces, without those that are gone or have no points."""
    marks = ", ".join("?" * len(ids))
    rows = store.rows(
        f"SELECT frame.media, frame.idx, frame.pts, {', '.join('face.' + c for c in Face._fields)}"
        f" FROM face JOIN frame ON frame.id = face.frame WHERE face.id IN ({marks})",
        ids,
    )
    found = [FrameFace(row[0], row[1], row[2], Face(*row[3:])) for row in rows]
    return [row for row in found if len(row.face.points) == 68 * 8]


def _place(store: Store, face: Face) -> dict[str, Any]:
    points = Landmarks.of(face).points
    to_crop = align(points).crop_matrix(OUTLINE_PX)
    name, mask = _mask(store, face, to_crop, OUTLINE_PX)
    return {
        "id": face.id,
        "stale": bool(face.stale),
        "points": _shares(transform(points, to_crop)),
        "mask": name,
        "outline": _outline(mask),
    }


def _mask(store: Store, face: Face, to_crop: Matrix, size: int) -> tuple[str, NDArray[np.uint8]]:
    """The painted mask of a face, else one that is stored, else the drawn one, in a crop."""
    names = sorted(store.masks(face.id), key=lambda name: (name != PAINTED, name))
    for name in names:
        packed = store.mask(face.id, name)
        if packed is None:
            continue
        try:
            return name, mask_in(*stored(*packed), to_crop, size)
        except Damaged:
            continue  # training says so; looking at the face goes on
    known = Landmarks.of(face)
    return BEGINNING, drawn_mask(BEGINNING, known.points, known.mesh, to_crop, size)


def _outline(mask: NDArray[np.uint8]) -> list[list[list[float]]]:
    """The rings around what is inside of a mask."""
    inside = (mask > 127).astype(np.uint8)
    rings, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    flat = [cv2.approxPolyDP(ring, 0.7, True).reshape(-1, 2) for ring in rings]
    return [_shares(ring) for ring in flat if len(ring) > 2]


def _shares(points: NDArray[Any]) -> list[list[float]]:
    """Pixels as shares of the side, from the picture's corner."""
    return np.round((points.astype(np.float64) + 0.5) / OUTLINE_PX, 4).tolist()


def _region(face: Face) -> list[int]:
    """Left, top and side of the square around box and points."""
    points = Landmarks.of(face).points
    box = np.array([[face.left, face.top], [face.right, face.bottom]])
    every = np.concatenate([points, box])
    if not np.isfinite(every).all():
        raise BadInput("This face's points are no numbers: extract its footage again.")
    low, high = every.min(0), every.max(0)
    side = max(16, round(float((high - low).max()) * REGION))
    left, top = np.round((low + high - side) / 2).astype(int).tolist()
    return [left, top, side]


def _to_region(region: list[int]) -> Matrix:
    """2x3, frame pixels to those of the region's mask."""
    left, top, side = region
    grow = MASK_PX / side
    shift = np.array([[1.0, 0.0, 0.5 - left], [0.0, 1.0, 0.5 - top]])
    scale = np.array([[grow, 0.0, -0.5], [0.0, grow, -0.5]])
    return compose(scale, shift)


def decoded(project: Project, named: str, index: int) -> NDArray[np.uint8]:
    """One frame, by its index from 0, of a project's footage or results, (height, width, 3) RGB as
    it is displayed. Raises `BadInput` when it is gone."""
    path = (project.path / named).resolve()
    shown = safe_text(path.name)
    if not path.is_relative_to(project.path) and not project.in_sources(path):
        raise BadInput(f"{shown} is not among the footage of {project.name} any more: add it.")
    with FrameReader(path, runs=[Run(index, index + 1)]) as reader:
        frame = next(iter(reader), None)
    if frame is None:
        raise BadInput(f"Frame {index + 1} of {shown} can't be read any more: was the file cut?")
    return frame.rgb
