"""A part of a decoded frame as RGB and back again; every other sample stays as it was decoded.

Turning whole frames into RGB and back costs time and changes every pixel a little. Convert looks
at faces only, so only their surroundings go through RGB.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import av
import cv2
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from engine.faces.geometry import Matrix, Points, compose, invert, stretched, transform
from engine.media.probe import turn
from engine.media.read import colour_matrix

ACCURATE = 0x40000 | 0x4000 | 0x2000
"""libswscale's exact rounding and full chroma in and out: the fast paths darken by one level."""

FULL_RANGE, LIMITED_RANGE = 2, 1

EDGE_PX = 2
"""Pixels around a region that a kernel at its edge sees."""


class Layout(NamedTuple):
    """How a pixel format that frames are worked on in lies in memory."""

    chroma_step: tuple[int, int]
    """Luma samples to a chroma sample, down and across."""
    dtype: type[np.uint8] | type[np.uint16]
    rgb: str
    """The RGB format that it goes through."""
    rgb_peak: float
    depth: int
    """OpenCV's number of the samples' type in RGB."""


_420, _422, _444 = (2, 2), (1, 2), (1, 1)
LAYOUTS: dict[str, Layout] = {
    "yuv420p": Layout(_420, np.uint8, "rgb24", 255.0, cv2.CV_8U),
    "yuvj420p": Layout(_420, np.uint8, "rgb24", 255.0, cv2.CV_8U),
    "yuv420p10le": Layout(_420, np.uint16, "gbrp16le", 65535.0, cv2.CV_16U),
    "yuv422p": Layout(_422, np.uint8, "rgb24", 255.0, cv2.CV_8U),
    "yuv422p10le": Layout(_422, np.uint16, "gbrp16le", 65535.0, cv2.CV_16U),
    "yuv444p": Layout(_444, np.uint8, "rgb24", 255.0, cv2.CV_8U),
    "yuvj444p": Layout(_444, np.uint8, "rgb24", 255.0, cv2.CV_8U),
    "yuv444p10le": Layout(_444, np.uint16, "gbrp16le", 65535.0, cv2.CV_16U),
    "gbrp": Layout(_444, np.uint8, "rgb24", 255.0, cv2.CV_8U),
    "gbrp16le": Layout(_444, np.uint16, "gbrp16le", 65535.0, cv2.CV_16U),
}
"""The formats that frames are worked on in; `engine.media.codecs` says which one when. Pictures
that come out as pictures stay RGB, in planes."""


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
    return region_around(_corners(crop, size), width, height, margin=EDGE_PX)


def lies_inside(crop: Matrix, size: int, width: int, height: int) -> bool:
    """Whether all of that region lies in the frame."""
    corners = _corners(crop, size)
    low, high = corners.min(0) - EDGE_PX, corners.max(0) + EDGE_PX
    return bool((low >= 0).all() and high[0] < width and high[1] < height)


def region_of_mask(
    mask: NDArray[np.float32], to_frame: Matrix, width: int, height: int, margin: int = 0
) -> Region | None:
    """The region in which a mask that a 2x3 matrix puts into the frame is above 0, and `margin`
    pixels around it; None if that is nowhere."""
    left, top, across, down = cv2.boundingRect((mask > 0).view(np.uint8))
    if not across:
        return None
    right, bottom = left + across, top + down  # a linear warp reaches to the pixels beside it
    corners = np.array([[left - 1, top - 1], [right, top - 1], [left - 1, bottom], [right, bottom]])
    return region_around(transform(corners, to_frame), width, height, margin=EDGE_PX + margin)


def _corners(crop: Matrix, size: int) -> NDArray[np.float32]:
    """Of a crop, (4, 2) in frame pixels."""
    edge = size - 1.0
    corners = np.array([[0.0, 0.0], [edge, 0.0], [0.0, edge], [edge, edge]])
    return transform(corners, invert(crop))


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


def display_of(frame: Any, source: Any) -> Matrix:
    """2x3 from the coded pixels of a frame to the displayed pixels of the one that it was scaled
    from, which may be itself."""
    turned, size, before = turn(source), (frame.width, frame.height), (source.width, source.height)
    if turned % 180:
        size, before = size[::-1], before[::-1]
    return compose(stretched(size, before), to_display(turned, frame.width, frame.height))


def read_region(frame: Any, region: Region) -> NDArray[np.float32]:
    """A region of a frame as RGB float32 0..255, (height, width, 3)."""
    return levels(read_samples(frame, region))


def read_samples(frame: Any, region: Region) -> NDArray[Any]:
    """A region of a frame as RGB of 8 bits, or of 16 where it has more than 8, (height, width,
    3)."""
    layout = LAYOUTS[frame.format.name]
    part = av.VideoFrame(region.width, region.height, frame.format.name)
    for aim, source in zip(samples(part), _windows(frame, region, layout), strict=True):
        aim[:] = source
    part.colorspace, part.color_range = colour_matrix(frame), _range(frame)
    rgb = VideoReformatter().reformat(
        part, format=layout.rgb, interpolation=Interpolation.BILINEAR | ACCURATE, threads=1
    )
    return np.asarray(rgb.to_ndarray())


def levels(rgb: NDArray[Any]) -> NDArray[np.float32]:
    """Samples of 8 or 16 bits as float32 0..255."""
    found = rgb.astype(np.float32)
    return found if rgb.dtype == np.uint8 else found * np.float32(255.0 / 65535.0)


def write_region(
    frame: Any, region: Region, rgb: NDArray[np.float32], mask: NDArray[np.float32]
) -> None:
    """Lay RGB float32 0..255 over a writable frame as far as `mask` (height, width), 0..1, says.

    Luma and chroma are mixed each by itself, chroma by the mean of its pixels' mask: where that is
    0, samples stay as they were.
    """
    layout = LAYOUTS[frame.format.name]
    whole = cv2.multiply(rgb, (layout.rgb_peak / 255.0,) * 4, dtype=layout.depth)  # rounds, clips
    source = av.VideoFrame.from_ndarray(whole, format=layout.rgb)
    part = VideoReformatter().reformat(
        source,
        format=frame.format.name,
        dst_colorspace=colour_matrix(frame),
        dst_color_range=_range(frame),
        interpolation=Interpolation.AREA | ACCURATE,
        threads=1,
    )
    down, across = layout.chroma_step
    halved = (region.width // across, region.height // down)
    small = cv2.resize(mask, halved, interpolation=cv2.INTER_AREA)
    for aim, new, share in zip(
        _windows(frame, region, layout), samples(part), (mask, small, small), strict=True
    ):
        change = cv2.subtract(new, aim, dtype=cv2.CV_32F)
        cv2.multiply(change, share, dst=change)
        aim[:] = cv2.add(change, aim, dtype=layout.depth)


@contextmanager
def restored(frame: Any) -> Iterator[None]:
    """Let a frame be painted on for a while: afterwards its samples are what they were."""
    frame.make_writable()
    kept = [plane.copy() for plane in samples(frame)]
    try:
        yield
    finally:
        for plane, before in zip(samples(frame), kept, strict=True):
            plane[:] = before


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
