"""Faces as other programs keep them: one shape for .fsa, face PNGs, JSON and DeepFaceLab."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import BadInput
from engine.interop.bounded import shown

LANDMARKS = 68
MAX_COORDINATE_PX = 1e6
MAX_MASK_PX = 2048
MAX_IDENTITY = 4096
MAX_FACES = 2_000_000
NAME = re.compile(r"[\w][\w.+-]{0,63}", re.ASCII)

Centring = Literal["legacy", "face", "head"]


@dataclass
class Mask:
    """A mask and where it lies."""

    picture: NDArray[np.uint8]
    """(n, n)."""
    matrix: NDArray[np.float64]
    """2x3, frame to mask pixels."""
    centring: Centring = "face"
    interpolator: int = cv2.INTER_CUBIC
    """OpenCV's number of the kernel for warping it back."""


@dataclass
class Face:
    """A face in a frame, in frame pixels."""

    left: int
    top: int
    width: int
    height: int
    points: NDArray[np.float32]
    """(68, 2)."""
    masks: dict[str, Mask] = field(default_factory=dict)
    identity: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    """Embeddings under the names of their networks."""
    thumb: bytes | None = None
    """JPEG."""


@dataclass
class FrameEntry:
    """What is known of one frame."""

    faces: list[Face] = field(default_factory=list)
    pts: int | None = None
    """In units of the container's time base."""
    keyframe: bool | None = None


@dataclass
class Alignments:
    """A file of faces, by the names of their frames."""

    frames: dict[str, FrameEntry] = field(default_factory=dict)
    version: float = 2.4
    skipped: int = 0
    """Faces left out because they have no 68 landmarks."""
    size: tuple[int, int] | None = None
    """Width and height of the frames, where the file says it."""
    made_by: str = "faceswap"
    """Recorded as detector and aligner of its faces."""

    @property
    def face_count(self) -> int:
        """Faces in all frames."""
        return sum(len(f.faces) for f in self.frames.values())


class Misshapen(Exception):
    """A value that is not of the documented form; words that name it."""


def numbers(value: Any, what: str, *shapes: tuple[int, ...]) -> NDArray[np.float64]:
    """An array or nested lists as float64 of one of some shapes; -1 takes any length.

    Lists are looked at by length first, so nothing larger than the shape is ever built.
    """
    for shape in shapes:
        if _has_shape(value, shape):
            array = np.asarray(value, np.float64)
            if not np.isfinite(array).all():
                raise Misshapen(f"{what} with a number that is not finite")
            return array
    raise Misshapen(f"{what} of an unknown form")


def _has_shape(value: Any, shape: tuple[int, ...]) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim == len(shape) and all(
            n in (-1, m) for n, m in zip(shape, value.shape, strict=True)
        )
    if not shape:
        return type(value) in (int, float)
    if not isinstance(value, list | tuple) or shape[0] not in (-1, len(value)):
        return False
    return all(_has_shape(item, shape[1:]) for item in value)


def landmarks(value: Any) -> NDArray[np.float32] | None:
    """(68, 2) float32; None for another count of points, which is valid elsewhere."""
    found = numbers(value, "landmarks", (-1, 2))
    if np.abs(found).max(initial=0.0) > MAX_COORDINATE_PX:
        raise Misshapen("landmarks far outside of any frame")
    return found.astype(np.float32) if len(found) == LANDMARKS else None


def matrix(value: Any) -> NDArray[np.float64]:
    """A 2x3 matrix from 2x3 or 3x3; it must have a way back."""
    found = numbers(value, "a matrix", (2, 3), (3, 3))[:2]
    if not 1e-12 < abs(np.linalg.det(found[:, :2])) < 1e12:
        raise Misshapen("a matrix that has no inverse")
    return found


def integer(value: Any, what: str) -> int:
    """A whole number of pixels or the like; floats are rounded."""
    if type(value) not in (int, float) or not abs(value) <= MAX_COORDINATE_PX:
        raise Misshapen(f"{what} is no number of pixels")
    return round(value)


def box(value: Any, points: NDArray[np.float32]) -> tuple[int, int, int, int]:
    """Left, top, width, height from (left, top, right, bottom); of the points without it."""
    if value is not None:
        edges = numbers(value, "a box", (4,))
    else:
        edges = np.concatenate([points.min(0), points.max(0)]).astype(np.float64)
    left, top, right, bottom = (integer(v, "a box whose edge") for v in edges.tolist())
    if right <= left or bottom <= top:
        raise Misshapen("a box without an inside")
    return left, top, right - left, bottom - top


def name(value: Any, what: str) -> str:
    """A short name of letters, digits, dot, dash, plus and underscore."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise Misshapen(f"{what} called '{shown(value)}'")
    return value


def embedding(value: Any) -> NDArray[np.float32]:
    """An identity embedding."""
    found = numbers(value, "an identity", (-1,))
    if not 0 < len(found) <= MAX_IDENTITY or np.abs(found).max() > MAX_COORDINATE_PX:
        raise Misshapen(f"an identity that is no embedding ({len(found)} numbers)")
    return found.astype(np.float32)


def mapping(value: Any, what: str) -> dict[str, Any]:
    """A dictionary with text keys."""
    if not isinstance(value, dict) or not all(type(key) is str for key in value):
        raise Misshapen(f"{what} that is no dictionary")
    return value


def misshapen(path_name: str, where: str, wrong: Misshapen) -> BadInput:
    """The error for a value that is not of the documented form."""
    at = f" at '{shown(where)}'" if where else ""
    return BadInput(f"{path_name} has {shown(wrong, 200)}{at}: nothing of it is taken.")
