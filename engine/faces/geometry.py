"""Alignment of a face: similarity to a mean face, pose, crop matrices and warps.

Matrices are 2x3 float64 that map x,y of one picture to x,y of another; points are (n, 2).
The normalised frame is the unit square around the core of the mean face.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32] | NDArray[np.float64]
Matrix = NDArray[np.float64]
Picture = NDArray[np.uint8] | NDArray[np.float32]
Centring = Literal["legacy", "face", "head"]

INNER = slice(17, 68)
"""The 51 of the 68 landmarks that aligning uses: all but the jaw."""

PADDING: dict[str, float] = {"legacy": 0.375, "face": 0.5, "head": 0.625}
"""Share of a crop's side that lies outside the core face, both sides together."""

CENTRE: dict[str, tuple[float, float, float]] = {"face": (0.0, -1.5, 4.2), "head": (0.0, 0.0, -2.3)}
"""Point of the 3-D head that a crop is centred on; legacy stays at the unit square's centre."""

_MEAN_X_RIGHT = (
    # brow, nose (ridge is on the axis), nostrils' right half, eye, outer lips, inner lips
    {17: 0.010086, 18: 0.085135, 19: 0.191003, 20: 0.300643, 21: 0.403270}
    | {27: 0.5, 28: 0.5, 29: 0.5, 30: 0.5, 31: 0.376753, 32: 0.435909, 33: 0.5}
    | {36: 0.131610, 37: 0.196995, 38: 0.275698, 39: 0.344479, 40: 0.270791, 41: 0.192616}
    | {48: 0.264022, 49: 0.350858, 50: 0.438731, 51: 0.5, 57: 0.5, 58: 0.433405, 59: 0.347967}
    | {60: 0.300252, 61: 0.437969, 62: 0.5, 66: 0.5, 67: 0.436763}
)
_MEAN_Y = (
    {17: 0.106454, 18: 0.038915, 19: 0.018748, 20: 0.034489, 21: 0.077391}
    | {27: 0.203352, 28: 0.307009, 29: 0.409805, 30: 0.515625, 31: 0.587326, 32: 0.609345}
    | {33: 0.628106, 36: 0.216423, 37: 0.178758, 38: 0.179852, 39: 0.231733, 40: 0.245099}
    | {41: 0.244077, 48: 0.780233, 49: 0.745405, 50: 0.727388, 51: 0.742578, 57: 0.909281}
    | {58: 0.902192, 59: 0.864805, 60: 0.784792, 61: 0.778746, 62: 0.785343, 66: 0.831803}
    | {67: 0.824182}
)
_MIRROR = (
    {17: 26, 18: 25, 19: 24, 20: 23, 21: 22, 31: 35, 32: 34}
    | {36: 45, 37: 44, 38: 43, 39: 42, 40: 47, 41: 46}
    | {48: 54, 49: 53, 50: 52, 58: 56, 59: 55, 60: 64, 61: 63, 67: 65}
    | {6: 10, 7: 9}
)


def _mean_face() -> Matrix:
    points = np.zeros((68, 2))
    for index, x in _MEAN_X_RIGHT.items():
        points[index] = x, _MEAN_Y[index]
        if index in _MIRROR:
            points[_MIRROR[index]] = 1.0 - x, _MEAN_Y[index]
    return points[INNER]


MEAN_FACE = _mean_face()
"""(51, 2) landmarks 17 to 67 of a mean face. Source: the mean face shape of dlib's
`get_face_chip` (Boost Software Licence 1.0), moved by 0.009873 so that its axis is x = 0.5."""

FINEST = 9
"""A picture is enlarged by this much before it is warped at most: more would show no more."""
CUBIC_REACH = 3
"""Pixels around a part that its enlarging needs to be as if the picture went on."""

_HEAD_RIGHT = {
    6: (4.056931, -11.432347, 1.636229),
    7: (1.833492, -12.542305, 4.061275),
    8: (0.0, -12.901019, 4.070434),
    17: (6.825897, 1.275284, 4.402142),
    21: (1.330353, 1.636816, 6.903745),
    31: (1.930245, -5.060977, 5.914376),
    32: (0.746313, -5.136947, 6.263227),
    33: (0.0, -5.485328, 6.76343),
    36: (5.311432, 0.0, 3.987654),
    39: (1.78993, -0.091703, 4.413414),
    48: (2.774015, -7.566103, 5.048531),
    50: (0.509714, -7.056507, 6.566167),
    51: (0.0, -7.131772, 6.704956),
    57: (0.0, -8.601736, 6.097667),
    58: (0.589441, -8.443925, 6.109526),
}


def _head() -> dict[int, tuple[float, float, float]]:
    points = dict(_HEAD_RIGHT)
    for index, (x, y, z) in _HEAD_RIGHT.items():
        if index in _MIRROR:
            points[_MIRROR[index]] = (-x, y, z)
    return dict(sorted(points.items()))


HEAD = _head()
"""26 landmarks on a 3-D head: +x the subject's right, y up with the eyes at 0, z to the front.
Source: the anthropometric head model glAnthropometric3DModel, as published with
lincolnhard/head-pose-estimation (MIT), eye line moved to y = 0."""

_HEAD_INDEX = np.array(list(HEAD))
_HEAD_POINTS = np.array(list(HEAD.values()))
_CAMERA = np.array([[4.0, 0.0, 0.5], [0.0, 4.0, 0.5], [0.0, 0.0, 1.0]])


UPRIGHT: Matrix = np.eye(2, 3)
"""The matrix that leaves all where it is."""


def umeyama(src: Points, dst: Points) -> Matrix:
    """The 2x3 similarity from (n, 2) `src` to `dst` with the least squared error, no reflection.

    Source: S. Umeyama, "Least-squares estimation of transformation parameters between two point
    patterns", IEEE PAMI 13(4), 1991.
    """
    src64, dst64 = np.asarray(src, np.float64), np.asarray(dst, np.float64)
    src_mean, dst_mean = src64.mean(0), dst64.mean(0)
    src_centred, dst_centred = src64 - src_mean, dst64 - dst_mean
    u, s, vt = np.linalg.svd(dst_centred.T @ src_centred / len(src64))
    signs = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt)) or 1.0])
    rotation = u @ np.diag(signs) @ vt
    scale = (s * signs).sum() / max(src_centred.var(0).sum(), 1e-12)
    return np.column_stack([scale * rotation, dst_mean - scale * rotation @ src_mean])


def transform(points: Points, matrix: Matrix) -> NDArray[np.float32]:
    """Points (n, 2) through a 2x3 matrix, float32."""
    moved = np.asarray(points, np.float64) @ matrix[:, :2].T + matrix[:, 2]
    return moved.astype(np.float32)


def compose(a: Matrix, b: Matrix) -> Matrix:
    """The matrix that does `b` first and then `a`."""
    return np.column_stack([a[:, :2] @ b[:, :2], a[:, :2] @ b[:, 2] + a[:, 2]])


def invert(matrix: Matrix) -> Matrix:
    """The matrix back."""
    back = np.linalg.inv(matrix[:, :2])
    return np.column_stack([back, -back @ matrix[:, 2]])


def resized(before: int, after: int) -> Matrix:
    """2x3 from pixels of a picture to those of the same picture at another size; what grows is
    the distance from the picture's corner, half a pixel beyond the first centre."""
    return stretched((before, before), (after, after))


def stretched(before: tuple[int, int], after: tuple[int, int]) -> Matrix:
    """The same for a picture whose width and height grow each by itself."""
    x, y = after[0] / before[0], after[1] / before[1]
    return np.array([[x, 0.0, (x - 1.0) / 2.0], [0.0, y, (y - 1.0) / 2.0]])


def scale_of(matrix: Matrix) -> float:
    """How many pixels of the aim one pixel of the source becomes."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))


@dataclass(frozen=True)
class Alignment:
    """A face against the mean face and the 3-D head."""

    points: NDArray[np.float32]
    """(68, 2) in the frame."""
    matrix: Matrix
    """2x3, frame to unit square (legacy centring)."""

    @cached_property
    def normalised(self) -> NDArray[np.float32]:
        """(68, 2) in the unit square."""
        return transform(self.points, self.matrix)

    @cached_property
    def _pose(self) -> tuple[Matrix, Matrix]:
        """Rotation and translation vectors of the 3-D head; camera of focal length 4."""
        picked = self.normalised[_HEAD_INDEX].astype(np.float64)
        _, rotation, translation = cv2.solvePnP(
            _HEAD_POINTS, picked, _CAMERA, np.zeros(4), flags=cv2.SOLVEPNP_ITERATIVE
        )
        return np.asarray(rotation, np.float64), np.asarray(translation, np.float64)

    @cached_property
    def pose(self) -> tuple[float, float, float]:
        """Yaw, pitch, roll in degrees: yaw is positive towards the picture's right, pitch is
        positive upwards, roll is positive clockwise in the frame."""
        rotation = cv2.Rodrigues(self._pose[0])[0]
        front = rotation @ np.array([0.0, 0.0, 1.0])
        front *= -np.sign(front[2]) or 1.0
        yaw = np.degrees(np.arctan2(front[0], -front[2]))
        pitch = np.degrees(np.arcsin(np.clip(-front[1], -1.0, 1.0)))
        turned = np.degrees(np.arctan2(self.matrix[1, 0], self.matrix[0, 0]))
        return float(yaw), float(pitch), float(-turned)

    @cached_property
    def _offsets(self) -> dict[str, NDArray[np.float64]]:
        centres = np.array(list(CENTRE.values()))
        projected, _ = cv2.projectPoints(centres, *self._pose, _CAMERA, np.zeros(4))
        return dict(
            zip(CENTRE, np.asarray(projected, np.float64).reshape(-1, 2) - 0.5, strict=True)
        )

    def offset(self, centring: str) -> NDArray[np.float64]:
        """Where the centring's 3-D centre lies in the unit square, less (0.5, 0.5)."""
        return np.zeros(2) if centring == "legacy" else self._offsets[centring]

    @property
    def misalignment(self) -> float:
        """Mean distance, over the 51x2 numbers, between the landmarks and the mean face."""
        return float(np.abs(self.normalised[INNER] - MEAN_FACE).mean())

    @property
    def size(self) -> float:
        """Side of the face in frame pixels: twice the side of the core face."""
        return 2.0 / scale_of(self.matrix)

    def crop_matrix(
        self, size: int, centring: str = "head", coverage: float = 1.0, down: float = 0.0
    ) -> Matrix:
        """2x3, frame to a square crop of `size` pixels; `down` is the share of the crop by which
        the face lies lower in it: above 0 the crop shows more of the forehead."""
        pad = padding(size, centring, coverage)
        inner = size - 2 * pad
        matrix = self.matrix.copy()
        matrix[:, 2] -= self.offset(centring)
        matrix *= inner
        matrix[:, 2] += pad
        matrix[1, 2] += down * size
        return matrix


def align(points68: Points) -> Alignment:
    """Fit (68, 2) landmarks of a frame to the mean face."""
    points = np.asarray(points68, np.float32)
    return Alignment(points, umeyama(points[INNER], MEAN_FACE))


def padding(size: int, centring: str, coverage: float = 1.0) -> int:
    """Pixels on each side of the core face in a crop of `size` pixels."""
    return round(size * (PADDING[centring] + coverage - 1.0) / (2.0 * coverage))


def crop_matrix(
    points68: Points, size: int, centring: str = "head", coverage: float = 1.0, down: float = 0.0
) -> Matrix:
    """2x3, frame to a square crop of `size` pixels around the face with these landmarks."""
    return align(points68).crop_matrix(size, centring, coverage, down)


def warp(
    image: Picture,
    matrix: Matrix,
    size: int | tuple[int, int],
    *,
    border: int | None = None,
    soft: bool = False,
) -> Picture:
    """Cut `size` (a side, or width and height) out of a picture through a 2x3 matrix.

    Enlarges with a cubic kernel, what is `soft` anyway with a linear one; reduces by area first so
    that nothing aliases. `border` is the grey value outside the picture; None repeats its edge.
    """
    aim = (size, size) if isinstance(size, int) else size
    scale = scale_of(matrix)
    if scale < 0.5:
        image, matrix = _reduced(image, matrix, aim, int(1.0 / scale))
    elif scale >= 1.0 and not soft:
        image, matrix = _enlarged(image, matrix, aim, min(1 + 2 * ceil(scale / 2), FINEST))
    mode = cv2.BORDER_REPLICATE if border is None else cv2.BORDER_CONSTANT
    value = (border or 0,) * 4
    flags = cv2.INTER_LINEAR
    return cv2.warpAffine(image, matrix, aim, flags=flags, borderMode=mode, borderValue=value)


def _reduced(
    image: Picture, matrix: Matrix, aim: tuple[int, int], factor: int
) -> tuple[Picture, Matrix]:
    """The part of a picture that a warp needs, averaged over `factor` pixels, and its matrix."""
    part, left, top = _part(image, matrix, aim, 2 * factor, factor)
    columns = max(1, part.shape[1] // factor)
    rows = max(1, part.shape[0] // factor)
    by_x, by_y = part.shape[1] / columns, part.shape[0] / rows
    small = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
    back = np.array([[by_x, 0, left + (by_x - 1) / 2], [0, by_y, top + (by_y - 1) / 2]])
    return small, compose(matrix, back)


def _enlarged(
    image: Picture, matrix: Matrix, aim: tuple[int, int], factor: int
) -> tuple[Picture, Matrix]:
    """The part of a picture that a warp needs, cubically enlarged by `factor`, and its matrix.

    A linear warp of it differs from a cubic warp by less than a JPEG does, at about half the time:
    rows and columns are enlarged apart. An odd factor keeps the picture's own pixels.
    """
    part, left, top = _part(image, matrix, aim, CUBIC_REACH, 1)
    large = cv2.resize(part, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    back = invert(resized(1, factor))
    back[:, 2] += left, top
    return large, compose(matrix, back)


def _part(
    image: Picture, matrix: Matrix, aim: tuple[int, int], margin: int, multiple: int
) -> tuple[Picture, int, int]:
    """The part of a picture that a warp needs with so many pixels around, its left and its top.

    Its sides are multiples of a number where the picture allows.
    """
    corners = np.array([[0, 0], [aim[0], 0], [0, aim[1]], aim], np.float64)
    needed = transform(corners, invert(matrix))
    low, high = np.floor(needed.min(0)) - margin, np.ceil(needed.max(0)) + margin
    height, width = image.shape[:2]
    left, right = _span(low[0], high[0], width, multiple)
    top, bottom = _span(low[1], high[1], height, multiple)
    return image[top:bottom, left:right], left, top


def _span(low: float, high: float, length: int, multiple: int) -> tuple[int, int]:
    """The pixels of a line of so many from `low` to `high`, one at least, as whole multiples."""
    first = int(np.clip(low, 0, length - 1))
    last = max(int(np.clip(high, 1, length)), first + 1)
    last = min(length, last + (first - last) % multiple)
    return max(0, first - (first - last) % multiple), last
