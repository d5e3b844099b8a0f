"""faceswap's dictionaries of a face, as its .fsa files and face PNGs hold them."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from engine.errors import FstuiError
from engine.interop.bounded import inflate
from engine.interop.entries import (
    MAX_MASK_PX,
    Centring,
    Face,
    Mask,
    Misshapen,
    embedding,
    integer,
    landmarks,
    mapping,
    matrix,
    name,
    numbers,
)

MAX_THUMB_BYTES = 1 << 20
MASKS_WITH_CENTRING = 2.2
"""Version from which a mask names its centring; all were of the face before."""


def read_face(value: Any, version: float) -> Face | None:
    """A face from its dictionary, lists or arrays; None without 68 landmarks.

    Keys that only older versions had (hash, landmarksXY) are known or left out. Raises `Misshapen`.
    """
    data = mapping(value, "a face")
    points = landmarks(data.get("landmarks_xy", data.get("landmarksXY")))
    if points is None:
        return None
    left, top, width, height = (
        integer(data.get(k), f"a box whose {k} is missing or") for k in "xywh"
    )
    if width < 1 or height < 1:
        raise Misshapen("a box without an inside")
    masks = mapping(data.get("mask") or {}, "masks")
    identities = mapping(data.get("identity") or {}, "identities")
    return Face(
        left,
        top,
        width,
        height,
        points,
        {name(k, "a mask"): read_mask(m, version) for k, m in masks.items()},
        {name(k, "an identity"): embedding(e) for k, e in identities.items()},
        _thumb(data.get("thumb")),
    )


def write_face(face: Face, *, thumb: bool = True) -> dict[str, Any]:
    """The dictionary of a face: numbers, lists and bytes, and no key that faceswap lacks."""
    data: dict[str, Any] = {
        "x": face.left,
        "y": face.top,
        "w": face.width,
        "h": face.height,
        "landmarks_xy": face.points.tolist(),
        "mask": {k: write_mask(m) for k, m in face.masks.items()},
        "identity": {k: e.tolist() for k, e in face.identity.items()},
    }
    if thumb:
        data["thumb"] = None if face.thumb is None else list(face.thumb)
    return data


def read_mask(value: Any, version: float) -> Mask:
    """A mask from its dictionary. Raises `Misshapen`."""
    data = mapping(value, "a mask")
    size = data.get("stored_size")
    if type(size) is not int or not 1 <= size <= MAX_MASK_PX:
        raise Misshapen("a mask of an impossible size")
    centring: Centring = "face"
    if version >= MASKS_WITH_CENTRING:
        centring = data.get("stored_centering", "face")
    if centring not in ("legacy", "face", "head"):
        raise Misshapen("a mask of an unknown centring")
    kernel = data.get("interpolator")
    if type(kernel) is not int or not 0 <= kernel <= 4:
        raise Misshapen("a mask with an unknown interpolator")
    picture = _mask_picture(data.get("mask"), size)
    return Mask(picture, matrix(data.get("affine_matrix")), centring, kernel)


def write_mask(mask: Mask) -> dict[str, Any]:
    """The dictionary of a mask."""
    return {
        "mask": zlib.compress(np.ascontiguousarray(mask.picture).tobytes()),
        "affine_matrix": mask.matrix.tolist(),
        "interpolator": mask.interpolator,
        "stored_size": len(mask.picture),
        "stored_centering": mask.centring,
    }


def _mask_picture(packed: Any, size: int) -> np.ndarray:
    if not isinstance(packed, bytes):
        raise Misshapen("a mask without a picture")
    try:
        plain = inflate(packed, "a mask", size * size)
    except FstuiError as error:
        raise Misshapen(f"a mask that can't be unpacked to {size}x{size}") from error
    if len(plain) != size * size:
        raise Misshapen(f"a mask that is not {size}x{size}")
    return np.frombuffer(plain, np.uint8).reshape(size, size)


def _thumb(value: Any) -> bytes | None:
    """JPEG bytes from bytes, a list of numbers or an array."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return value
    if isinstance(value, np.ndarray):
        value = value.ravel() if value.dtype == np.uint8 else None
    elif isinstance(value, list) and len(value) <= MAX_THUMB_BYTES:
        found = numbers(value, "a thumbnail", (-1,))
        value = found if ((found >= 0) & (found <= 255)).all() else None
    if not isinstance(value, np.ndarray) or len(value) > MAX_THUMB_BYTES:
        raise Misshapen("a thumbnail that is no picture")
    return value.astype(np.uint8).tobytes()
