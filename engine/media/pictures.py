"""Pictures as 8-bit RGB: Pillow opens them, OpenEXR has a reader of its own."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from engine.errors import BadInput, from_os_error
from engine.media.exr import exr_size, is_exr, read_exr
from engine.media.limits import check_size
from engine.project import PICTURES
from engine.protocol import safe_text

FORMATS = tuple(name for name in PICTURES if name != "EXR")

DAMAGED = (OSError, ValueError, TypeError, SyntaxError, EOFError, LookupError, ArithmeticError)
"""With `struct.error`, what Pillow raises for files that aren't what their heads say."""

ORIENTATION = 0x0112
TURNED = (5, 6, 7, 8)
"""EXIF orientations that change width and height."""


class Head(NamedTuple):
    """What a picture file says of itself."""

    width: int
    height: int
    """After EXIF orientation."""
    kind: str
    """Its format, small letters."""
    pages: int = 1
    """Pages of a TIFF, pictures of an animation."""


def picture_head(path: Path) -> Head:
    """Size and format of a picture file. Raises `BadInput`."""
    if _is_exr(path):
        return Head(*exr_size(path), "exr")
    with open_picture(path) as picture:
        width, height = picture.size
        kind = (picture.format or "").lower()
        # Pillow turns the size of a TIFF by itself
        if kind != "tiff" and _orientation(picture) in TURNED:
            width, height = height, width
        return Head(width, height, kind, _pages(picture))


def open_picture(path: Path) -> Image.Image:
    """A picture whose head was read and whose size is within the limits. Raises `BadInput`."""
    shown = safe_text(str(path))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(path, formats=FORMATS)
    except (*DAMAGED, struct.error, Image.DecompressionBombError) as error:
        raise BadInput(f"{shown} is no picture that can be read.") from error
    check_size(*picture.size, shown)
    return picture


def read_picture(path: Path) -> NDArray[np.uint8]:
    """A picture as RGB, (height, width, 3), turned by its EXIF orientation. Raises `BadInput`.

    What is transparent comes over black: the colours that it hides are often garbage. Of 16 bits
    the upper 8 are kept. Colour profiles are not applied; of several pages or pictures in a file
    the first is read.
    """
    if _is_exr(path):
        return read_exr(path)
    shown = safe_text(str(path))
    with open_picture(path) as picture, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            rgb = _rgb(ImageOps.exif_transpose(picture), shown)
        except (*DAMAGED, struct.error) as error:
            words = safe_text(str(error))
            raise BadInput(f"{shown} is a picture that is damaged: {words}.") from error
    check_size(rgb.shape[1], rgb.shape[0], shown)
    return np.ascontiguousarray(rgb)


def _rgb(picture: Image.Image, shown: str) -> NDArray[np.uint8]:
    if picture.mode.startswith("I;16"):
        grey = (np.asarray(picture) >> 8).astype(np.uint8)
        return np.repeat(grey[..., None], 3, -1)
    if picture.mode in ("I", "F", "LAB"):
        raise BadInput(
            f"{shown} has {'Lab colours' if picture.mode == 'LAB' else 'samples of 32 bits'}, "
            "which aren't read: save it with 8 or 16 bits of RGB or grey, or as EXR."
        )
    if picture.has_transparency_data:
        return over_black(np.asarray(picture.convert("RGBA")))
    return np.asarray(picture.convert("RGB"))


def over_black(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(height, width, 4) with straight alpha laid over black, (height, width, 3)."""
    product = rgba[..., :3] * rgba[..., 3:].astype(np.uint16)
    return ((product + 127) // 255).astype(np.uint8)


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(ORIENTATION, 1))
    except (*DAMAGED, struct.error):
        return 1  # the picture itself may be whole


def _pages(picture: Image.Image) -> int:
    try:
        # a photo with a preview or a second view in it (MPO) is one picture
        return int(getattr(picture, "n_frames", 1)) if picture.format != "MPO" else 1
    except (*DAMAGED, struct.error):
        return 1


def _is_exr(path: Path) -> bool:
    try:
        return is_exr(path)
    except OSError as error:
        raise from_os_error(error, f"reading {safe_text(str(path))}") from error
