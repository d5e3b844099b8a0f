"""Hand-made files of other programs, pickled by the real pickle with real arrays."""

from __future__ import annotations

import pickle
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engine.faces.geometry import MEAN_FACE
from engine.interop.png import with_header


def points(seed: int = 0) -> np.ndarray:
    """(68, 2) float32 of a face about 100 px wide."""
    jaw = np.column_stack([np.linspace(0, 1, 17), np.sin(np.linspace(0, np.pi, 17)) + 0.1])
    shape = np.concatenate([jaw, MEAN_FACE])
    return (shape * 100 + 40 + seed).astype(np.float32)


def mask(*, arrays: bool, version: float = 2.4) -> dict[str, Any]:
    """A mask's dictionary."""
    matrix = np.array([[0.5, 0.01, -3.0], [-0.01, 0.5, 4.0]])
    found = {
        "mask": zlib.compress(np.arange(64 * 64, dtype=np.uint8).tobytes()),
        "affine_matrix": matrix if arrays else matrix.tolist(),
        "interpolator": 2,
        "stored_size": 64,
    }
    return found | ({"stored_centering": "head"} if version >= 2.2 else {})


def face(seed: int = 0, *, arrays: bool, version: float = 2.4) -> dict[str, Any]:
    """A face's dictionary as one of the versions has it."""
    thumb = np.frombuffer(b"\xff\xd8thumb\xff\xd9", np.uint8)
    found: dict[str, Any] = {
        "x": np.int64(40) if arrays else 40,
        "y": 50,
        "w": 100,
        "h": 110 + seed,
        "landmarks_xy": points(seed) if arrays else points(seed).tolist(),
        "mask": {"vgg-clear": mask(arrays=arrays, version=version)},
        "thumb": thumb if arrays else thumb.tolist(),
    }
    if version >= 2.3:
        found["identity"] = {"vggface2": [0.25] * 512}
    if version < 2.1:
        found["hash"] = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
    return found


def fsa_value(version: float, *, arrays: bool, frames: int = 3) -> dict[str, Any]:
    """The whole dictionary of a file of one version."""
    suffix = ".mp4" if version >= 2.4 else ".png"
    meta = {"pts_time": 0.04 if arrays else 512, "keyframe": True}
    data = {}
    for i in range(frames):
        entry: dict[str, Any] = {"faces": [face(i, arrays=arrays, version=version)]}
        if version >= 2.3:
            entry["video_meta"] = meta
        data[f"clip_{i + 1:06d}{suffix}"] = entry
    return {"__meta__": {"version": version}, "__data__": data}


def fsa_bytes(value: Any, protocol: int = 4) -> bytes:
    """As faceswap writes it."""
    return zlib.compress(pickle.dumps(value, protocol))


def png_bytes(text: str, side: int = 8) -> bytes:
    """A small PNG with a faceswap header of this text."""
    return with_header(cv2.imencode(".png", np.zeros((side, side, 3), np.uint8))[1].tobytes(), text)


def dfl_value(side: int = 64) -> dict[str, Any]:
    """DeepFaceLab's dictionary of a whole-face crop, arrays and a PNG mask."""
    matrix = np.array([[0.5, 0.0, -10.0], [0.0, 0.5, -12.0]])
    drawn = np.zeros((32, 32), np.uint8)
    drawn[8:24, 8:24] = 255
    return {
        "face_type": "whole_face",
        "landmarks": (points() * 0.5 - (10.0, 12.0)).tolist(),
        "source_filename": "00002.png",
        "source_rect": np.array([40, 50, 140, 160]),
        "source_landmarks": points().tolist(),
        "image_to_face_mat": matrix,
        "xseg_mask": cv2.imencode(".png", drawn)[1],
        "seg_ie_polys": {
            "polys": [
                {"type": 1, "pts": np.array([[4, 4], [60, 4], [60, 60], [4, 60]], np.float32)},
                {"type": 0, "pts": np.array([[4, 4], [20, 4], [20, 20], [4, 20]], np.float32)},
            ]
        },
    }


def dfl_bytes(value: Any, side: int = 64, protocol: int = 4) -> bytes:
    """A JPEG with the value in APP15 behind JFIF's APP0."""
    jpeg = cv2.imencode(".jpg", np.full((side, side, 3), 128, np.uint8))[1].tobytes()
    body = pickle.dumps(value, protocol)
    end = 4 + struct.unpack_from(">H", jpeg, 4)[0]
    return jpeg[:end] + struct.pack(">BBH", 0xFF, 0xEF, len(body) + 2) + body + jpeg[end:]


def write(path: Path, data: bytes) -> Path:
    """A file of these bytes."""
    path.write_bytes(data)
    return path
