"""Pictures that aren't 8-bit RGB: deep, transparent, turned, of several pages."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from engine.errors import BadInput
from engine.media.pictures import picture_head, read_picture
from engine.media.probe import probe
from engine.media.read import FrameReader, read_frames

Picture = NDArray[np.uint8]


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("kind", ["grey", "rgb"])
def test_16_bits_of_a_tiff_are_scaled_in_either_byte_order(
    tmp_path: Path, big_endian: bool, kind: str
) -> None:
    path = tmp_path / "deep.tif"
    shape = (9, 16) if kind == "grey" else (9, 16, 3)
    write_tiff(path, np.full(shape, 0x8001, np.uint16), ">" if big_endian else "<")
    rgb = next(read_frames(path)).rgb
    assert rgb.shape == (9, 16, 3)
    assert set(np.unique(rgb)) == {128}


def write_tiff(path: Path, samples: NDArray[np.uint16], order: str) -> None:
    """A baseline TIFF of 16 bits a sample, unpacked."""
    height, width = samples.shape[:2]
    channels = samples.size // (height * width)
    bits_at = 8 + 2 + 10 * 12 + 4
    bits = (channels, 16) if channels == 1 else (channels, bits_at)
    data_at = bits_at + 2 * channels
    entries = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, *bits), (259, 3, 1, 1),
        (262, 3, 1, 1 if channels == 1 else 2), (273, 4, 1, data_at), (277, 3, 1, channels),
        (278, 4, 1, height), (279, 4, 1, samples.size * 2), (284, 3, 1, 1),
    ]  # fmt: skip
    data = (b"MM" if order == ">" else b"II") + struct.pack(f"{order}HIH", 42, 8, len(entries))
    for tag, kind, count, value in entries:
        data += struct.pack(f"{order}HHI", tag, kind, count)
        short = kind == 3 and count == 1
        data += struct.pack(f"{order}Hxx" if short else f"{order}I", value)
    data += bytes(4) + struct.pack(f"{order}{channels}H", *[16] * channels)
    path.write_bytes(data + samples.astype(f"{order}u2").tobytes())


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bits_of_a_png_are_scaled(tmp_path: Path, channels: int) -> None:
    samples = np.full((8, 9, channels), 0x8001, np.uint16)
    if channels == 4:
        samples[..., 3] = 0xFFFF
    cv2.imwrite(str(tmp_path / "deep.png"), samples)
    assert set(np.unique(next(read_frames(tmp_path / "deep.png")).rgb)) == {128}


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_comes_over_black(tmp_path: Path, mode: str) -> None:
    rgba = np.full((8, 12, 4), 240, np.uint8)
    rgba[:, :4, 3], rgba[:, 4:8, 3], rgba[:, 8:, 3] = 0, 128, 255
    picture = Image.fromarray(rgba)
    if mode == "P":
        picture = picture.quantize(8, Image.Quantize.FASTOCTREE)
    picture.convert(mode).save(tmp_path / "a.png")
    row = next(read_frames(tmp_path / "a.png")).rgb[4]
    assert row[1].tolist() == [0, 0, 0]
    assert np.allclose(row[5], 120, atol=3)
    assert np.allclose(row[10], 240, atol=1)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_obeyed_in_every_format_that_has_it(
    tmp_path: Path, suffix: str, orientation: int
) -> None:
    """The stored picture is the one that the orientation's turn shows as this one."""
    shown = np.zeros((40, 60, 3), np.uint8)
    shown[:10, :15] = (250, 20, 20)
    stored: dict[int, Callable[[Picture], Picture]] = {
        1: lambda p: p, 2: np.fliplr, 3: lambda p: np.rot90(p, 2), 4: np.flipud,
        5: lambda p: p.transpose(1, 0, 2), 6: lambda p: np.rot90(p, 1),
        7: lambda p: np.rot90(p, 2).transpose(1, 0, 2), 8: lambda p: np.rot90(p, -1),
    }  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"phone{suffix}"
    options: dict[str, Any] = (
        {"tiffinfo": {274: orientation}} if suffix == ".tif" else {"exif": exif}
    )
    Image.fromarray(np.ascontiguousarray(stored[orientation](shown))).save(path, **options)
    info = probe(path)
    rgb = next(read_frames(path)).rgb
    assert (info.width, info.height) == (60, 40)
    assert rgb.shape == (40, 60, 3)
    assert rgb[4, 6, 0] > 200 > 60 > max(rgb[-4, 6, 0], rgb[4, -6, 0], rgb[-4, -6, 0])


@pytest.mark.parametrize("suffix", [".tif", ".webp"])
def test_of_several_pages_the_first_is_read_and_the_others_are_told(
    tmp_path: Path, suffix: str
) -> None:
    pages = [Image.new("RGB", (32, 24), (200 - 60 * n, 0, 0)) for n in range(3)]
    options: dict[str, Any] = {"lossless": True} if suffix == ".webp" else {}
    pages[0].save(tmp_path / f"a{suffix}", save_all=True, append_images=pages[1:], **options)
    assert probe(tmp_path / f"a{suffix}").note == "has 3 pictures in it: the first is used"
    (frame,) = read_frames(tmp_path / f"a{suffix}")
    assert frame.rgb[9, 9].tolist() == [200, 0, 0]


def test_samples_of_32_bits_are_refused_with_what_to_do(tmp_path: Path) -> None:
    Image.fromarray(np.ones((8, 9), np.float32)).save(tmp_path / "f.tif")
    with FrameReader(tmp_path / "f.tif") as reader:
        assert list(reader) == []
    assert reader.problem == "has pictures that can't be read: f.tif"


def test_a_turn_that_stands_behind_a_pngs_pixels_counts(tmp_path: Path) -> None:
    """EXIF may follow the pixels; where nothing does, a head is read without them."""
    picture, path = Image.new("RGB", (40, 30), (9, 8, 7)), tmp_path / "a.png"
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(path, exif=exif)
    data = path.read_bytes()
    at = data.index(b"eXIf") - 4
    size = 12 + int.from_bytes(data[at : at + 4], "big")
    chunk, rest = data[at : at + size], data[:at] + data[at + size :]
    end = rest.index(b"IEND") - 4
    path.write_bytes(rest[:end] + chunk + rest[end:])
    assert (picture_head(path).width, picture_head(path).height) == (30, 40)
    assert read_picture(path).shape == (40, 30, 3)
    path.write_bytes(rest)
    assert picture_head(path).width == 40
    torn = rest[: rest.index(b"IDAT") + 8]
    path.write_bytes(torn)
    assert picture_head(path).width == 40
    with pytest.raises(BadInput, match="damaged"):
        read_picture(path)
