"""Aligned crops as picture files: cutting, writing, reading."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import BadInput, from_os_error
from engine.faces.geometry import Alignment, warp
from engine.process import fsync_folder

JPEG_QUALITY = 95
JPEG_FLAGS = (
    *(cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY),
    *(cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444),
)


def cut(rgb: NDArray[np.uint8], alignment: Alignment, size: int) -> NDArray[np.uint8]:
    """The head-centred crop of a face: size x size RGB, black outside the frame."""
    return np.asarray(warp(rgb, alignment.crop_matrix(size), size, border=0), np.uint8)


def encode_jpeg(rgb: NDArray[np.uint8]) -> bytes:
    """A picture as JPEG of quality 95 with full chroma, for training loses less that way."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), JPEG_FLAGS)
    return data.tobytes()


def write_synced(path: Path, data: bytes) -> None:
    """Write a picture aside, sync it, rename it; sync its folder with `sync_folders` after."""
    aside = path.with_name(f".{path.name}.part")
    try:
        with open(aside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise from_os_error(error, f"writing {path}") from error


def sync_folders(paths: list[Path]) -> None:
    """Make the names of written crops durable, once a batch."""
    for folder in sorted({p.parent for p in paths}):
        fsync_folder(folder)


def read(path: Path) -> NDArray[np.uint8]:
    """A crop as RGB. Raises `BadInput` when it is gone or no picture."""
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise from_os_error(error, f"reading {path}") from error
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    if picture is None:
        raise BadInput(f"{path} is no picture: delete it, its face then counts as rejected.")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
