"""Small files of every format that can be marked, for tests of marks and of the door."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from clips import frames_of, make_clip, write_exr
from PIL import Image

Maker = Callable[[Path, int], Path]


def pixels(seed: int) -> Any:
    """A picture (height, width, 3) of a size and content that the seed decides."""
    random = np.random.default_rng(seed)
    height, width = random.integers(1, 40, 2)
    return random.integers(0, 256, (height, width, 3), np.uint8)


def with_opencv(path: Path, seed: int) -> Path:
    """A picture as OpenCV writes it."""
    assert cv2.imwrite(str(path), pixels(seed))
    return path


def with_pillow(**words: Any) -> Maker:
    """A picture as Pillow writes it."""

    def make(path: Path, seed: int) -> Path:
        Image.fromarray(pixels(seed)).save(path, **words)
        return path

    return make


def with_alpha(path: Path, seed: int) -> Path:
    """A lossless picture with holes."""
    rgb = pixels(seed)
    alpha = np.random.default_rng(seed).integers(0, 256, (*rgb.shape[:2], 1), np.uint8)
    Image.fromarray(np.concatenate([rgb, alpha], -1)).save(path, lossless=True)
    return path


def animation(path: Path, seed: int) -> Path:
    """Three pictures, that play for ever where the format plays."""
    pictures = [Image.fromarray(np.roll(pixels(seed), n, 0)) for n in range(3)]
    words = {} if path.suffix == ".tif" else {"loop": 0, "duration": 40}
    pictures[0].save(path, save_all=True, append_images=pictures[1:], **words)
    return path


def big_endian_tiff(path: Path, seed: int) -> Path:
    """Four grey pixels, by hand: most programs write the other order."""
    short, long = 3, 4
    entries = [(256, short, 2), (257, short, 2), (258, short, 8), (259, short, 1), (262, short, 1)]
    entries += [(273, long, 8), (277, short, 1), (278, short, 2), (279, long, 4)]
    listed = b"".join(
        struct.pack(">HHII", tag, kind, 1, value << 16 if kind == short else value)
        for tag, kind, value in entries
    )
    pixels_ = bytes((seed * n) % 256 for n in range(4))
    head = b"MM\0*" + struct.pack(">I", 12) + pixels_
    path.write_bytes(head + struct.pack(">H", len(entries)) + listed + b"\0\0\0\0")
    return path


def exr(path: Path, seed: int) -> Path:
    """Half floats."""
    return write_exr(path, pixels(seed))


def film(**words: Any) -> Maker:
    """A short clip; the seed decides its length."""

    def make(path: Path, seed: int) -> Path:
        return make_clip(path, frames=2 + seed % 5, width=32, height=32, **{"sound": (), **words})

    return make


MAKERS: dict[str, tuple[str, Maker]] = {
    "png": (".png", with_opencv),
    "png of Pillow": (".png", with_pillow()),
    "apng": (".png", animation),
    "jpeg": (".jpg", with_opencv),
    "jpeg with Exif": (".jpg", with_pillow(exif=Image.Exif())),
    "progressive jpeg": (".jpg", with_pillow(progressive=True)),
    "tiff": (".tif", with_opencv),
    "tiff of Pillow": (".tiff", with_pillow(compression="tiff_lzw")),
    "bigtiff": (".tif", with_pillow(big_tiff=True)),
    "big-endian tiff": (".tif", big_endian_tiff),
    "tiff of three": (".tif", animation),
    "webp": (".webp", with_pillow(quality=80)),
    "lossless webp": (".webp", with_pillow(lossless=True)),
    "webp with alpha": (".webp", with_alpha),
    "animated webp": (".webp", animation),
    "gif": (".gif", with_pillow()),
    "animated gif": (".gif", animation),
    "exr": (".exr", exr),
    "mp4": (".mp4", film()),
    "mov": (".mov", film(codec="prores_ks", pixel_format="yuv422p10le")),
    "mkv": (".mkv", film(codec="ffv1", sound=("flac",))),
    "webm": (".webm", film(codec="libvpx-vp9", sound=("libopus",))),
}
"""What can be marked: suffix and who makes one of a seed."""


def decoded(path: Path) -> list[bytes]:
    """Everything that one sees of a file, as bytes."""
    if path.suffix in (".mp4", ".mov", ".mkv", ".webm"):
        return [frame.tobytes() for frame in frames_of(path)] + packets_of(path)
    if path.suffix == ".exr":
        with av.open(str(path)) as container:
            return [plane for f in container.decode(video=0) for plane in map(bytes, f.planes)]
    found = []
    with Image.open(io.BytesIO(path.read_bytes())) as picture:
        for n in range(getattr(picture, "n_frames", 1)):
            picture.seek(n)
            found.append(picture.convert("RGBA").tobytes())
    return found


def packets_of(path: Path) -> list[bytes]:
    """The coded pictures and sound of a film."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux() if packet.size]
