"""Single pictures as files in memory: PNG, JPEG, TIFF, WebP and OpenEXR, with or without alpha.

Samples are RGB or RGBA, 8 or 16 bits, straight alpha. EXR holds linear light (sRGB's curve of
IEC 61966-2-1 undone) as halves, its colours multiplied by alpha as the format wants it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Literal, cast

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import BadInput

Kind = Literal["png", "jpg", "tiff", "webp", "exr"]
Samples = NDArray[np.uint8] | NDArray[np.uint16]

DEEP = frozenset({"png", "tiff", "exr"})
"""Kinds that keep more than 8 bits."""
CLEAR = frozenset({"png", "tiff", "webp", "exr"})
"""Kinds that have transparency."""


def encode(picture: Samples, kind: Kind, quality: int) -> bytes:
    """(height, width, 3 or 4) or grey (height, width) as a file; `quality` 1 to 100 is for JPEG
    and WebP, which have 8 bits."""
    if picture.ndim == 2:
        picture = cast(Samples, np.repeat(picture[..., None], 3, -1))
    if kind == "exr":
        return _exr(picture)
    if kind not in DEEP:
        picture = to_8_bits(picture)
    if kind == "tiff":
        return _tiff(picture)
    options = {
        "png": [cv2.IMWRITE_PNG_COMPRESSION, 1],
        "jpg": [cv2.IMWRITE_JPEG_QUALITY, quality],
        "webp": [cv2.IMWRITE_WEBP_QUALITY, quality],
    }[kind]
    order = cv2.COLOR_RGBA2BGRA if picture.shape[2] == 4 else cv2.COLOR_RGB2BGR
    done, data = cv2.imencode(f".{kind}", cv2.cvtColor(picture, order), options)
    if not done:
        height, width = picture.shape[:2]
        raise BadInput(f"A picture of {width}x{height} can't be written as {kind}: take png.")
    return data.tobytes()


def to_8_bits(picture: Samples) -> NDArray[np.uint8]:
    """Samples of 16 bits rounded to 8."""
    if picture.dtype == np.uint8:
        return np.asarray(picture, np.uint8)
    return ((picture.astype(np.uint32) + 128) // 257).astype(np.uint8)


def _tiff(picture: Samples) -> bytes:
    channels = picture.shape[2]
    pixel_format = "rgba" if channels == 4 else "rgb24"
    if picture.dtype == np.uint16:
        pixel_format = "rgba64le" if channels == 4 else "rgb48le"
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format=pixel_format)
    return _encoded("tiff", frame, {"compression_algo": "deflate"})


def _exr(picture: Samples) -> bytes:
    height, width, channels = picture.shape
    most = int(np.iinfo(picture.dtype).max)
    value = np.arange(most + 1) / most
    curve = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    linear = curve.astype(np.float32)[picture[..., :3]]
    layers: list[NDArray[Any]] = [linear[..., 1], linear[..., 2], linear[..., 0]]
    if channels == 4:
        alpha = picture[..., 3] / np.float32(most)
        layers = [*(layer * alpha for layer in layers), alpha]
    frame = av.VideoFrame(width, height, "gbrapf32le" if channels == 4 else "gbrpf32le")
    for plane, layer in zip(frame.planes, layers, strict=False):
        np.frombuffer(plane, np.float32).reshape(height, -1)[:, :width] = layer
    return _encoded("exr", frame, {"compression": "zip16", "format": "half"})


def _encoded(encoder: str, frame: Any, options: dict[str, str]) -> bytes:
    context: Any = av.CodecContext.create(encoder, "w")
    context.width, context.height, context.pix_fmt = frame.width, frame.height, frame.format.name
    context.time_base, context.options = Fraction(1, 25), options
    frame.pts = 0
    return b"".join(bytes(p) for p in [*context.encode(frame), *context.encode(None)])
