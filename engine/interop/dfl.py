"""DeepFaceLab's aligned JPEGs: a pickle in the APP15 segment, read by the closed reader.

Facts of the format: face_type, landmarks (crop pixels), source_filename, source_rect (left, top,
right, bottom), source_landmarks (frame pixels), image_to_face_mat (2x3, frame to crop pixels),
xseg_mask (a PNG or JPEG in an array), seg_ie_polys (polygons that the user drew, crop pixels).
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.errors import BadInput, Damaged
from engine.interop.bounded import read_file
from engine.interop.closed import loads
from engine.interop.entries import (
    MAX_MASK_PX,
    Centring,
    Face,
    Mask,
    Misshapen,
    box,
    landmarks,
    mapping,
    matrix,
    misshapen,
    name,
    numbers,
)
from engine.protocol import safe_text

MAX_JPEG_BYTES = 64 << 20
MAX_POLYGONS = 1000
DRAWN_MASK_PX = 256
SOFS = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
BARE = frozenset({0x01, *range(0xD0, 0xD9)})
"""Markers without a segment."""


@dataclass
class DflFace:
    """An aligned face of DeepFaceLab."""

    face: Face | None
    """In frame pixels, masks `xseg` and `drawn` included; None without 68 landmarks."""
    frame: str
    """Name of the frame's file."""
    face_type: str
    """half_face, midfull_face, full_face, whole_face, head and their kind."""
    crop_points: NDArray[np.float64]
    """(n, 2) landmarks in the crop."""
    crop_size: tuple[int, int]
    """Width and height."""
    matrix: NDArray[np.float64] | None = None
    """2x3, frame to crop."""
    polygons: list[tuple[bool, NDArray[np.float64]]] = field(default_factory=list)
    """Drawn (n, 2) outlines in the crop: True adds to the mask, False takes away."""


def read(path: Path) -> DflFace | None:
    """An aligned JPEG; None for a JPEG without DeepFaceLab's data.

    Raises `BadInput`, `Damaged`.
    """
    shown = safe_text(path.name)
    pickled, size = segments(read_file(path, MAX_JPEG_BYTES), shown)
    if pickled is None:
        return None
    value = loads(pickled, shown)
    try:
        return parse(value, size)
    except Misshapen as wrong:
        raise misshapen(shown, "", wrong) from wrong


def segments(data: bytes, shown: str) -> tuple[bytes | None, tuple[int, int]]:
    """The APP15 segment and the picture's width and height. Raises `BadInput`, `Damaged`."""
    if not data.startswith(b"\xff\xd8"):
        raise BadInput(f"{shown} is no JPEG.")
    at, found, size = 2, None, None
    try:
        while True:
            mark, kind = data[at], data[at + 1]
            if mark != 0xFF:
                raise Damaged(f"{shown} is damaged: no JPEG segment begins at byte {at}.")
            if kind in BARE or kind == 0xFF:
                at += 1 if kind == 0xFF else 2
                continue
            (length,) = struct.unpack_from(">H", data, at + 2)
            body = data[at + 4 : at + 2 + length]
            if length < 2 or len(body) < length - 2:
                raise Damaged(f"{shown} is cut off.")
            if kind == 0xEF:
                found = body
            elif kind in SOFS:
                height, width = struct.unpack_from(">xHH", body)
                size = width, height
            elif kind in (0xDA, 0xD9):
                break
            at += 2 + length
    except (IndexError, struct.error) as error:
        raise Damaged(f"{shown} is cut off.") from error
    if size is None or not all(1 <= n <= 16_384 for n in size):
        raise Damaged(f"{shown} is damaged: it has no picture.")
    return found, size


def parse(value: Any, size: tuple[int, int]) -> DflFace:
    """The dictionary of the segment. Raises `Misshapen`."""
    data = mapping(value, "face data")
    frame = data.get("source_filename")
    if not isinstance(frame, str):
        raise Misshapen("face data without the name of a frame")
    to_crop = data.get("image_to_face_mat")
    found = DflFace(
        None,
        frame,
        name(data.get("face_type", "full_face"), "a face type"),
        numbers(data.get("landmarks", []), "landmarks", (-1, 2), (0,)),
        size,
        None if to_crop is None else matrix(to_crop),
        _polygons(data.get("seg_ie_polys")),
    )
    known = data.get("source_landmarks")
    points = None if known is None else landmarks(known)
    if points is not None:
        found.face = Face(*box(data.get("source_rect"), points), points, _masks(data, found))
    return found


def _masks(data: dict[str, Any], found: DflFace) -> dict[str, Mask]:
    """Masks with their matrices; without the crop's matrix nobody knows where they lie."""
    masks: dict[str, Mask] = {}
    if found.matrix is None:
        return masks
    if (packed := data.get("xseg_mask")) is not None:
        masks["xseg"] = _placed(_picture(packed), found)
    if found.polygons:
        masks["drawn"] = _placed(_drawn(found), found)
    return masks


def _placed(picture: NDArray[np.uint8], found: DflFace) -> Mask:
    """A mask over the whole crop. Pixel centres are at whole numbers, so scaling moves them."""
    assert found.matrix is not None
    scale = np.array([len(picture) / n for n in found.crop_size])
    to_mask = found.matrix * scale[:, None]
    to_mask[:, 2] += 0.5 * scale - 0.5
    centring: Centring = "head" if found.face_type.startswith("head") else "face"
    return Mask(picture, to_mask, centring)


def _picture(packed: Any) -> NDArray[np.uint8]:
    """A mask from the PNG or JPEG in an array; not square ones are made so."""
    if isinstance(packed, np.ndarray) and packed.dtype == np.uint8:
        packed = packed.tobytes()
    if not isinstance(packed, bytes):
        raise Misshapen("a mask without a picture")
    try:
        with Image.open(io.BytesIO(packed), formats=("PNG", "JPEG")) as picture:
            if max(picture.size) > MAX_MASK_PX:
                raise Misshapen("a mask of an impossible size")
            grey = picture.convert("L").resize((max(picture.size),) * 2)
            return np.asarray(grey, np.uint8)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Misshapen("a mask whose picture can't be read") from error


def _polygons(value: Any) -> list[tuple[bool, NDArray[np.float64]]]:
    """The user's outlines: type 1 includes, type 0 excludes."""
    if value is None:
        return []
    polygons = mapping(value, "outlines").get("polys")
    if not isinstance(polygons, list | tuple) or len(polygons) > MAX_POLYGONS:
        raise Misshapen("outlines that are no list")
    found = []
    for polygon in polygons:
        data = mapping(polygon, "an outline")
        if data.get("type") not in (0, 1):
            raise Misshapen("an outline of an unknown type")
        points = numbers(data.get("pts"), "an outline", (-1, 2), (0,)).reshape(-1, 2)
        if len(points) > 10_000 or np.abs(points).max(initial=0.0) > 1e5:
            raise Misshapen("an outline far outside of the crop")
        if len(points) >= 3:
            found.append((data["type"] == 1, points))
    return found


def _drawn(found: DflFace) -> NDArray[np.uint8]:
    """The outlines filled one after the other."""
    picture = np.zeros((DRAWN_MASK_PX, DRAWN_MASK_PX), np.uint8)
    scale = DRAWN_MASK_PX / np.array(found.crop_size)
    for adds, points in found.polygons:
        corners = np.rint((points + 0.5) * scale - 0.5).astype(np.int32)
        cv2.fillPoly(picture, [corners], 255 if adds else 0)
    return picture
