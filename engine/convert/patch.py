"""One face of one frame on its way through the model: cut out, and put back in.

The crop's geometry is the training's: same centring, coverage and size, cut at the larger of the
model's input and output and reduced from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.convert.balance import Balance, balanced
from engine.convert.blend import MASK_SIZE, blend, face_mask, soften, stored_mask
from engine.convert.colours import match
from engine.convert.sharpen import unsharp
from engine.faces.geometry import Matrix, compose, crop_matrix, invert, resized, warp
from engine.faces.landmarks import Landmarks
from engine.faces.masks import Packed
from engine.media.planes import Region, read_region, region_of_crop, write_region
from engine.settings import ConvertSettings


class Swapper(Protocol):
    """A trained model as convert needs it."""

    size: int
    """Side of its input, px."""
    output_size: int
    centring: str
    coverage: float
    """Share of the crop, 0..1."""
    down: float
    """How much lower the face lies in the crop, as a share of its side."""
    iteration: int

    def predict(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """RGB uint8 (n, size, size, 3) of A to float32 0..1 (n, output, output, 3) of B."""


@dataclass(frozen=True)
class Patch:
    """A face cut out of a frame."""

    region: Region
    """The part of the coded frame that the crop covers; nothing outside it is touched."""
    matrix: Matrix
    """2x3, coded frame to crop of `side` pixels."""
    side: int
    face: NDArray[np.uint8]
    """The model's input."""
    target: NDArray[np.float32]
    """What is replaced, RGB 0..1 at the model's output size: the colours to match."""
    inside: NDArray[np.float32]
    """1 where the target shows the frame, 0 beyond its edge."""
    mask: NDArray[np.float32]
    """MASK_SIZE square, softened."""


class Cutter:
    """Cuts faces for one model and puts what it made of them back."""

    def __init__(self, swapper: Swapper, settings: ConvertSettings, display: Matrix) -> None:
        self._settings = settings
        self._balance = Balance(**{name: getattr(settings, name) for name in Balance._fields})
        self._display = display
        """2x3, coded pixels to display-rotated pixels."""
        self._size, self._output = swapper.size, swapper.output_size
        self._side = max(swapper.size, swapper.output_size)
        self._place = (swapper.centring, swapper.coverage, swapper.down)

    def cut(self, frame: Any, face: Landmarks, mask: Packed | None = None) -> Patch | None:
        """A face's patch, with its stored mask if it has one; None if it lies outside the frame."""
        shown = crop_matrix(face.points, self._side, *self._place)
        matrix = compose(shown, self._display)
        region = region_of_crop(matrix, self._side, frame.width, frame.height)
        if region is None:
            return None
        rgb = read_region(frame, region)
        to_crop = compose(matrix, invert(region.origin))
        crop = np.clip(warp(rgb, to_crop, self._side, border=0), 0.0, 255.0).astype(np.float32)
        ones = np.ones(rgb.shape[:2], np.float32)
        inside = np.asarray(warp(ones, to_crop, self._side, border=0), np.float32)
        settings, to_mask = self._settings, compose(resized(self._side, MASK_SIZE), shown)
        area = (
            stored_mask(mask, to_mask)
            if mask
            else face_mask(settings.mask, face.points, face.mesh, to_mask)
        )
        return Patch(
            region,
            matrix,
            self._side,
            np.rint(_resize(crop, self._size)).astype(np.uint8),
            _resize(crop, self._output) / np.float32(255.0),
            _resize(inside, self._output),
            soften(area, settings.erosion, settings.blur),
        )

    def paste(self, frame: Any, patch: Patch, predicted: NDArray[np.float32]) -> None:
        """Put a prediction into a writable frame, through the mask, in the patch's region."""
        mask = _resize(patch.mask, self._output)
        face = match(self._settings.colour, predicted, patch.target, mask * patch.inside)
        face = balanced(face, self._balance)
        face = unsharp(face, self._settings.sharpen) * np.float32(255.0)
        region = patch.region
        to_region = compose(region.origin, invert(patch.matrix))
        size = (region.width, region.height)
        from_mask = compose(to_region, resized(MASK_SIZE, patch.side))
        from_face = compose(to_region, resized(self._output, patch.side))
        seen = np.asarray(warp(patch.mask, from_mask, size, border=0), np.float32)
        seen = np.clip(seen, 0.0, 1.0)
        picture = np.asarray(warp(face, from_face, size), np.float32)
        write_region(frame, region, blend(read_region(frame, region), picture, seen), seen)


@dataclass
class Item:
    """A frame on its way from the decoder to the encoder."""

    index: int
    pts: int
    frame: Any
    """PyAV's, in its working format."""
    patches: Sequence[Patch] = ()
    predicted: Sequence[NDArray[np.float32]] = ()


def _resize(picture: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    if picture.shape[0] == side:
        return picture
    how = cv2.INTER_AREA if side < picture.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (side, side), interpolation=how), np.float32)
