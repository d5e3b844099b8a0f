"""A part of a decoded frame as RGB and back again; every other sample stays as it was decoded.

Turning whole frames into RGB and back costs time and changes every pixel a little. Convert looks
at faces only, so only their surroundings go through RGB.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from engine.faces.geometry import Matrix, Points, transform
from engine.media.read import colour_matrix

ACCURATE = 0x40000 | 0x4000 | 0x2000
"""libswscale's exact rounding and full chroma in and out: the fast paths darken by one level."""

FULL_RANGE, LIMITED_RANGE = 2, 1


class Layout(NamedTuple):
    """How a pixel format that frames are worked on in lies in memory."""

    chroma_step: tuple[int, int]
    """Luma samples to a chroma sample, down and across."""
    dtype: type[np.uint8] | type[np.uint16]
    rgb: str
    """The RGB format that it goes through."""
    rgb_peak: float


_420, _422, _444 = (2, 2), (1, 2), (1, 1)
LAYOUTS: dict[str, Layout] = {
    "yuv420p": Layout(_420, np.uint8, "rgb24", 255.0),
    "yuvj420p": Layout(_420, np.uint8, "rgb24", 255.0),
    "yuv420p10le": Layout(_420, np.uint16, "gbrp16le", 65535.0),
    "yuv422p": Layout(_422, np.uint8, "rgb24", 255.0),
    "yuv422p10le": Layout(_422, np.uint16, "gbrp16le", 65535.0),
    "yuv444p": Layout(_444, np.uint8, "rgb24", 255.0),
    "yuvj444p": Layout(_444, np.uint8, "rgb24", 255.0),
    "yuv444p10le": Layout(_444, np.uint16, "gbrp16le", 65535.0),
}
"""The formats that frames are worked on in; `engine.media.codecs` says which one when."""


@dataclass(frozen=True)
class Region:
    """A rectangle of a frame in coded pixels; its corners lie on whole chroma samples."""

    left: int
    top: int
    width: int
    height: int

    @property
    def origin(self) -> NDArray[np.float64]:
        """The matrix from frame pixels to this region's pixels, 2x3."""
        return np.array([[1.0, 0.0, -self.left], [0.0, 1.0, -self.top]])


def region_around(points: Points, width: int, height: int, margin: int = 0) -> Region | None:
    """The smallest even-cornered region with all (n, 2) points; None if it is outside the frame."""
    left, top = np.floor(np.min(points, axis=0)).astype(int) - margin
    right, bottom = np.ceil(np.max(points, axis=0)).astype(int) + margin + 1
    left, top = max(0, left) // 2 * 2, max(0, top) // 2 * 2
    right, bottom = min(width, -(-right // 2) * 2), min(height, -(-bottom // 2) * 2)
    if right - left < 2 or bottom - top < 2:
        return None
    return Region(int(left), int(top), int(right - left), int(bottom - top))


def region_of_crop(crop: Matrix, size: int, width: int, height: int) -> Region | None:
    """The region that a crop of `size` pixels, made by a 2x3 frame-to-crop matrix, covers."""
    back = np.linalg.inv(np.vstack([crop, [0.0, 0.0, 1.0]]))[:2]
    edge = size - 1.0
    corners = np.array([[0.0, 0.0], [edge, 0.0], [0.0, edge], [edge, edge]])
    return region_around(transform(corners, back), width, height, margin=2)


def to_display(rotation: int, width: int, height: int) -> Matrix:
    """2x3 from coded pixels to display-rotated pixels; `rotation` in degrees clockwise, width and
    height of the coded picture."""
    turns: dict[int, list[list[float]]] = {
        0: [[1, 0, 0], [0, 1, 0]],
        90: [[0, -1, height - 1], [1, 0, 0]],
        180: [[-1, 0, width - 1], [0, -1, height - 1]],
        270: [[0, 1, 0], [-1, 0, width - 1]],
    }
    return np.array(turns[rotation], np.float64)


def read_region(frame: Any, region: Region) -> NDArray[np.float32]:
    """A region of a frame as RGB float32 0..255, (height, width, 3)."""
    layout = LAYOUTS[frame.format.name]
    part = av.VideoFrame(region.width, region.height, frame.format.name)
    for aim, source in zip(samples(part), _windows(frame, region, layout), strict=True):
        aim[:] = source
    part.colorspace, part.color_range = colour_matrix(frame), _range(frame)
    rgb = VideoReformatter().reformat(
        part, format=layout.rgb, interpolation=Interpolation.BILINEAR | ACCURATE, threads=1
    )
    return rgb.to_ndarray().astype(np.float32) * np.float32(255.0 / layout.rgb_peak)


def write_region(
    frame: Any, region: Region, rgb: NDArray[np.float32], mask: NDArray[np.float32]
) -> None:
    """Write RGB float32 0..255 into a writable frame where `mask` (height, width) is above 0.

    A chroma sample is written when one of its pixels is masked; no other sample changes.
    """
    layout = LAYOUTS[frame.format.name]
    whole = np.clip(np.rint(rgb * (layout.rgb_peak / 255.0)), 0, layout.rgb_peak)
    source = av.VideoFrame.from_ndarray(whole.astype(layout.dtype), format=layout.rgb)
    part = VideoReformatter().reformat(
        source,
        format=frame.format.name,
        dst_colorspace=colour_matrix(frame),
        dst_color_range=_range(frame),
        interpolation=Interpolation.AREA | ACCURATE,
        threads=1,
    )
    inside = mask > 0
    down, across = layout.chroma_step
    blocks = inside.reshape(region.height // down, down, region.width // across, across)
    touched = (inside, blocks.any((1, 3)), blocks.any((1, 3)))
    for aim, new, where in zip(
        _windows(frame, region, layout), samples(part), touched, strict=True
    ):
        np.copyto(aim, new, where=where)


def samples(frame: Any) -> list[NDArray[Any]]:
    """The planes of a frame as arrays that share its memory, row padding left out."""
    dtype = np.uint8 if frame.format.components[0].bits == 8 else np.uint16
    arrays = []
    for plane in frame.planes:
        rows = np.frombuffer(plane, dtype).reshape(plane.height, -1)
        arrays.append(rows[:, : plane.width])
    return arrays


def _windows(frame: Any, region: Region, layout: Layout) -> list[NDArray[Any]]:
    luma, *chroma = samples(frame)
    down, across = layout.chroma_step
    bottom, right = region.top + region.height, region.left + region.width
    small = (
        slice(region.top // down, bottom // down),
        slice(region.left // across, right // across),
    )
    return [luma[region.top : bottom, region.left : right], *(c[small] for c in chroma)]


def _range(frame: Any) -> int:
    return FULL_RANGE if "j" in frame.format.name else int(frame.color_range) or LIMITED_RANGE
