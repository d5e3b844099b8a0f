"""Pictures as RGB: Pillow opens them, OpenCV those of 16 bits, OpenEXR has a reader of its own."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import NamedTuple, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from engine.errors import BadInput, from_os_error
from engine.footage import PICTURES
from engine.media.exr import exr_size, is_exr, read_exr
from engine.media.limits import check_size
from engine.protocol import safe_text

Sample = TypeVar("Sample", np.uint8, np.uint16)

FORMATS = tuple(name for name in PICTURES if name != "EXR")

DAMAGED = (OSError, ValueError, TypeError, SyntaxError, EOFError, LookupError, ArithmeticError)
"""With `struct.error`, what Pillow raises for files that aren't what their heads say."""

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
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
    deep: bool = False
    """Whether `read_deep_picture` finds 16 bits in it."""
    clear: bool = False
    """Whether it has transparency."""


def picture_head(path: Path) -> Head:
    """Size and format of a picture file. Raises `BadInput`."""
    if _is_exr(path):
        return Head(*exr_size(path), "exr")
    with open_picture(path) as picture:
        width, height = picture.size
        deep, clear = _is_deep(picture), bool(picture.has_transparency_data)
        kind = (picture.format or "").lower()
        # Pillow turns the size of a TIFF by itself
        if kind != "tiff" and _orientation(picture) in TURNED:
            width, height = height, width
        return Head(width, height, kind, _pages(picture), deep, clear)


def open_picture(path: Path) -> ImageFile.ImageFile:
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


def read_deep_picture(path: Path) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """The same with the 16 bits that a PNG or TIFF of RGB has; others have 8. Raises `BadInput`."""
    if not picture_head(path).deep:
        return read_picture(path)
    found = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None or found.dtype != np.uint16 or found.ndim != 3:
        return read_picture(path)
    if found.shape[2] == 4:
        return over_black(np.asarray(cv2.cvtColor(found, cv2.COLOR_BGRA2RGBA), np.uint16))
    return np.asarray(cv2.cvtColor(found, cv2.COLOR_BGR2RGB), np.uint16)


def _is_deep(picture: ImageFile.ImageFile) -> bool:
    """Whether a picture that isn't decoded yet has 16 bits of RGB; one that its EXIF turns counts
    as 8 bits, for only Pillow turns it."""
    deep = picture.mode in ("RGB", "RGBA") and ";16" in str(picture.tile)
    return deep and picture.format in ("PNG", "TIFF") and _orientation(picture) == 1


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


def over_black(rgba: NDArray[Sample]) -> NDArray[Sample]:
    """(height, width, 4) with straight alpha laid over black, (height, width, 3)."""
    wide = np.uint16 if rgba.dtype == np.uint8 else np.uint32
    most = int(np.iinfo(rgba.dtype).max)
    product = rgba[..., :3] * rgba[..., 3:].astype(wide)
    return ((product + wide(most // 2)) // wide(most)).astype(rgba.dtype)


def _orientation(picture: ImageFile.ImageFile) -> int:
    try:
        late = picture.format != "PNG" or _says_more_behind(picture.filename)
        # A PNG's own method decodes all of the picture for what may stand behind it.
        exif = picture.getexif() if late else Image.Image.getexif(picture)
        return int(exif.get(ORIENTATION, 1))
    except (*DAMAGED, struct.error):
        return 1  # the picture itself may be whole


def _says_more_behind(png: str | bytes) -> bool:
    """Whether a PNG has chunks behind those of its pixels."""
    with open(png, "rb") as file:
        file.seek(len(PNG_MAGIC))
        pixels = False
        while len(head := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            if pixels and kind not in (b"IDAT", b"IEND"):
                return True
            pixels = pixels or kind == b"IDAT"
            file.seek(length + 4, 1)
    return False


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
