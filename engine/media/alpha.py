"""Masks beside pictures: as a frame's own transparency, or as grey frames."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from engine.media.planes import FULL_RANGE, samples

Mask = NDArray[np.float32]
"""(height, width), 0..1, coded pixels."""


def with_alpha(frame: Any, mask: Mask, pixel_format: str) -> Any:
    """A planar YUV frame as one of the same samples with `mask` as its transparency, straight."""
    made = av.VideoFrame(frame.width, frame.height, pixel_format)
    *aims, alpha = samples(made)
    for aim, source in zip(aims, samples(frame), strict=True):
        aim[:] = source
    alpha[:] = np.rint(mask * _peak(made))
    made.colorspace, made.color_range = frame.colorspace, frame.color_range
    made.pts, made.time_base = frame.pts, frame.time_base
    return made


def grey(mask: Mask, like: Any) -> Any:
    """A mask as a grey frame in another frame's planar YUV format, range and time."""
    made = av.VideoFrame(like.width, like.height, like.format.name)
    peak = _peak(made)
    full = like.color_range == FULL_RANGE or "j" in like.format.name
    black, white = (0, peak) if full else (16 * (peak + 1) // 256, 235 * (peak + 1) // 256)
    luma, *chroma = samples(made)
    luma[:] = np.rint(black + mask * (white - black))
    for plane in chroma:
        plane[:] = (peak + 1) // 2
    made.colorspace, made.color_range = like.colorspace, like.color_range
    made.pts, made.time_base = like.pts, like.time_base
    return made


def _peak(frame: Any) -> int:
    return (1 << int(frame.format.components[0].bits)) - 1
