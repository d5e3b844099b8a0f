"""One face of one frame on its way through the model: cut out, and put back in.

The crop's geometry is the training's: same centring, coverage and size, cut at the larger of the
model's input and output and reduced from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.convert.balance import Balance, balanced
from engine.convert.blend import MASK_SIZE, face_mask, stored_mask
from engine.convert.colours import match
from engine.convert.detail import grained, moved, reach
from engine.convert.edge import Edge, softened
from engine.convert.motion import STILL, Step
from engine.convert.sharpen import Sharpening, sharpened
from engine.convert.tones import Tone, tone_of
from engine.faces.geometry import UPRIGHT, Matrix, compose, crop_matrix, invert, resized, warp
from engine.faces.landmarks import Landmarks
from engine.faces.masks import Packed
from engine.media.planes import (
    Region,
    levels,
    lies_inside,
    read_region,
    read_samples,
    region_of_crop,
    region_of_mask,
    write_region,
)
from engine.settings import ConvertSettings
from engine.settings.convert import PREDICTED

Chosen = TypeVar("Chosen", Balance, Edge, Sharpening)


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

    masks: bool
    """Whether it has learnt a mask."""

    def predict(self, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
        """RGB uint8 (n, size, size, 3) of A to float32 0..1 (n, output, output, 3) of B; with a
        learnt mask the fourth channel."""


@dataclass(frozen=True)
class Patch:
    """A face cut out of a frame."""

    region: Region
    """The part of the coded frame that the crop covers."""
    matrix: Matrix
    """2x3, coded frame to crop of `side` pixels."""
    side: int
    face: NDArray[np.uint8]
    """The model's input."""
    target: NDArray[np.float32]
    """What is replaced, RGB 0..1 at the model's output size: the colours to match. Beyond the
    frame the colours of its edge."""
    inside: NDArray[np.float32]
    """1 where the target shows the frame, 0 beyond its edge."""
    mask: NDArray[np.float32] | None
    """MASK_SIZE square, softened; None where the model predicts it."""
    step: Step
    """How far the face moves in a frame, coded frame pixels."""
    seed: int
    """Of its grain."""
    cutter: Cutter
    """That puts it back; the model is its swapper."""


class Cutter:
    """Cuts faces for one model and puts what it made of them back."""

    def __init__(self, swapper: Swapper, settings: ConvertSettings) -> None:
        self.swapper, self.settings = swapper, settings
        self._balance = group_of(Balance, settings)
        self._edge, self._sharpening = group_of(Edge, settings), group_of(Sharpening, settings)
        self._size, self._output = swapper.size, swapper.output_size
        self._side = max(swapper.size, swapper.output_size)
        self._place = (swapper.centring, swapper.coverage, swapper.down)

    def cut(
        self,
        frame: Any,
        face: Landmarks,
        mask: Packed | None = None,
        *,
        display: Matrix = UPRIGHT,
        step: Step = STILL,
        seed: int = 0,
    ) -> Patch | None:
        """A face's patch, with its stored mask if it has one; None if it lies outside the frame.
        `display` is the 2x3 matrix from the frame's coded pixels to those of the face's points."""
        shown = crop_matrix(face.points, self._side, *self._place)
        matrix = compose(shown, display)
        region = region_of_crop(matrix, self._side, frame.width, frame.height)
        if region is None:
            return None
        rgb = read_samples(frame, region)
        to_crop = compose(matrix, invert(region.origin))
        # Beyond the frame's edge its last colours go on: black would be taken for the scene's. The
        # model sees black there, as in training.
        target = _crop(rgb, to_crop, self._side)
        inside = np.ones((self._side, self._side), np.float32)
        if not lies_inside(matrix, self._side, frame.width, frame.height):
            there = np.full(rgb.shape[:2], 255, np.uint8)
            inside = levels(np.asarray(warp(there, to_crop, self._side, border=0)))
            inside /= np.float32(255.0)
        crop = target * inside[..., None]
        return Patch(
            region,
            matrix,
            self._side,
            np.rint(_resize(crop, self._size)).astype(np.uint8),
            _resize(target, self._output) / np.float32(255.0),
            _resize(inside, self._output),
            self._area(face, mask, compose(resized(self._side, MASK_SIZE), shown)),
            _coded(step, display),
            seed,
            self,
        )

    def _area(self, face: Landmarks, mask: Packed | None, to_mask: Matrix) -> Any:
        """A face's mask, drawn or as it is stored, with its edge; None where it is predicted."""
        kind = self.settings.mask
        if kind == PREDICTED:
            return None
        area = (
            stored_mask(mask, to_mask) if mask else face_mask(kind, face.points, face.mesh, to_mask)
        )
        return softened(area, self._edge)

    def mask_of(self, patch: Patch, predicted: NDArray[np.float32]) -> NDArray[np.float32]:
        """The patch's mask, or the one in a prediction's fourth channel; MASK_SIZE square."""
        if patch.mask is not None:
            return patch.mask
        return softened(_resize(np.ascontiguousarray(predicted[..., 3]), MASK_SIZE), self._edge)

    def finished(
        self, patch: Patch, predicted: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """A prediction as it is put in, RGB 0..1 of the model's output size, and its mask."""
        mask = self.mask_of(patch, predicted)
        weights = _resize(mask, self._output) * patch.inside
        face = np.ascontiguousarray(predicted[..., :3])
        face = match(self.settings.colour, face, patch.target, weights)
        return sharpened(balanced(face, self._balance), self._sharpening), mask

    def tone(self, patch: Patch) -> Tone | None:
        """Of what a patch's drawn or stored mask replaces; None where too little of it is seen."""
        assert patch.mask is not None  # see `drawn`
        return tone_of(patch.target, _resize(patch.mask, self._output) * patch.inside)

    def layer(self, patch: Patch, predicted: NDArray[np.float32]) -> NDArray[np.float32]:
        """A prediction with its mask as straight alpha, RGBA 0..1 of the model's output size."""
        face, mask = self.finished(patch, predicted)
        mask = _resize(mask, self._output)
        return np.concatenate([face, np.clip(mask, 0.0, 1.0)[..., None]], -1)

    def paste(
        self, frame: Any, patch: Patch, predicted: NDArray[np.float32]
    ) -> tuple[Region, NDArray[np.float32]] | None:
        """Put a prediction into a writable frame, through the mask; the region that the mask
        covers, and the mask as it is there, 0..1. None where it covers nothing."""
        face, mask = self.finished(patch, predicted)
        settings = self.settings
        larger = about_middle(patch.side, 1.0 + settings.face_scale / 100.0)
        to_frame = compose(invert(patch.matrix), larger)
        of_mask = compose(to_frame, resized(MASK_SIZE, patch.side))
        moves = reach(patch.step, settings.motion_blur)
        region = region_of_mask(mask, of_mask, frame.width, frame.height, moves)
        if region is None:
            return None
        size = (region.width, region.height)
        from_face = compose(region.origin, compose(to_frame, resized(self._output, patch.side)))
        to_seen = compose(region.origin, of_mask)
        seen = np.asarray(warp(mask, to_seen, size, border=0, soft=True), np.float32)
        picture = np.asarray(warp(face * np.float32(255.0), from_face, size), np.float32)
        picture = moved(picture, patch.step, settings.motion_blur)
        if settings.grain:
            picture = grained(picture, read_region(frame, region), settings.grain, patch.seed)
        write_region(frame, region, picture, seen)
        return region, seen


@dataclass
class FrameInFlight:
    """A frame on its way from the decoder to the encoder."""

    index: int
    pts: int
    frame: Any
    """PyAV's, in its working format."""
    number: int
    """Its index in the output: another one than in the source where that is cut."""
    display: Matrix = field(default_factory=UPRIGHT.copy)
    """2x3, its coded pixels to the source's displayed ones, in which faces are known."""
    patches: Sequence[Patch] = ()
    predicted: Sequence[NDArray[np.float32]] = ()
    masks: Sequence[tuple[Region, NDArray[np.float32]]] = ()
    """Where the new faces are, each in its region."""
    layers: Sequence[NDArray[np.float32]] = ()
    """The new faces themselves, RGBA 0..1, where they aren't put in."""
    before: NDArray[np.uint8] | None = None
    """The frame small in RGB, as it was, of one that is shown meanwhile."""


def drawn(settings: ConvertSettings) -> ConvertSettings:
    """Settings with a mask that is there before anything is predicted."""
    if settings.mask != PREDICTED:
        return settings
    return msgspec.structs.replace(settings, mask="extended")


def group_of(kind: type[Chosen], settings: ConvertSettings) -> Chosen:
    """A group of the settings."""
    return kind(*(getattr(settings, name) for name in kind._fields))


def _coded(step: Step, display: Matrix) -> Step:
    """A step in display-rotated pixels in coded ones."""
    if step == STILL:
        return step
    x, y = np.linalg.solve(np.asarray(display)[:, :2], step)
    return float(x), float(y)


def about_middle(side: int, scale: float) -> Matrix:
    """2x3: a crop enlarged about its middle."""
    shift = (1.0 - scale) * (side - 1) / 2.0
    return np.array([[scale, 0.0, shift], [0.0, scale, shift]])


def _crop(rgb: NDArray[Any], to_crop: Matrix, side: int) -> NDArray[np.float32]:
    """Samples as RGB 0..255, `side` square."""
    return levels(np.asarray(warp(rgb, to_crop, side)))


def _resize(picture: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    if picture.shape[0] == side:
        return picture
    how = cv2.INTER_AREA if side < picture.shape[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (side, side), interpolation=how), np.float32)
