"""OpenEXR: scene-linear samples as sRGB, limits, damage."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from clips import write_exr
from numpy.typing import NDArray

from engine.errors import BadInput
from engine.media.exr import TRANSFER
from engine.media.pictures import read_picture
from engine.media.read import read_frames

Picture = NDArray[np.uint8]


def gradient() -> Picture:
    """A picture that packs to more than a few bytes."""
    y, x = np.mgrid[0:288, 0:352]
    return np.stack([x % 256, y % 256, (x * y) % 200], -1).astype(np.uint8)


@pytest.mark.parametrize("half", [True, False])
@pytest.mark.parametrize("pixel_format", ["gbrpf32le", "gbrapf32le", "grayf32le"])
def test_an_exr_becomes_srgb(tmp_path: Path, pixel_format: str, half: bool) -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, -1)
    ramp = np.repeat(ramp, 20, 0)
    if "gray" not in pixel_format:
        ramp[..., 1] = ramp[:, ::-1, 1]
        ramp[..., 2] = 30
    path = write_exr(tmp_path / "a.exr", ramp, pixel_format, half)
    back = next(read_frames(path)).rgb
    wanted = np.repeat(ramp[..., 1:2], 3, -1) if "gray" in pixel_format else ramp
    assert np.abs(back.astype(int) - wanted).max() <= 1


def test_light_beyond_white_and_no_numbers_are_clipped() -> None:
    values = np.array([-1, np.nan, np.inf, -np.inf, 7.5, 1e9, 0.5, 0.0], np.float32)
    pixels = np.repeat(np.tile(values, (16, 2))[..., None], 3, -1)
    with np.errstate(over="ignore"):
        clipped = TRANSFER[pixels[0, :8, 0].astype(np.float16).view(np.uint16)]
    assert clipped.tolist() == [0, 0, 255, 0, 255, 255, 188, 0]


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.99])
def test_a_cut_off_exr_is_refused(tmp_path: Path, kept: float) -> None:
    path = write_exr(tmp_path / "a.exr", gradient())
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    assert unreadable(path) == f"{path} is an EXR picture that is damaged or cut off."


def test_a_damaged_exr_is_refused(tmp_path: Path) -> None:
    path = write_exr(tmp_path / "a.exr", gradient())
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 40] = b"\xff" * 40
    path.write_bytes(data)
    assert unreadable(path) == f"{path} is an EXR picture that is damaged or cut off."


def test_an_exr_beyond_the_limits_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = write_exr(tmp_path / "a.exr", gradient())
    data = bytearray(path.read_bytes())
    for name in (b"dataWindow\0box2i\0", b"displayWindow\0box2i\0"):
        at = data.index(name) + len(name) + 4
        struct.pack_into("<4i", data, at, 0, 0, 99_999, 99_999)
    path.write_bytes(data)
    assert "has pictures of 100000x100000: at most 16384 a side" in unreadable(path)


def test_any_bytes_in_an_exr_are_a_sentence_or_a_picture(tmp_path: Path) -> None:
    whole = write_exr(tmp_path / "a.exr", gradient()).read_bytes()
    random = np.random.default_rng(1)
    path = tmp_path / "b.exr"
    for _ in range(150):
        data = bytearray(whole)
        for at in random.integers(4, 700, 3):
            data[at] = random.integers(0, 256)
        path.write_bytes(data)
        try:
            assert next(read_frames(path)).rgb.dtype == np.uint8
        except (BadInput, StopIteration):
            continue


def unreadable(path: Path) -> str:
    """The sentence that refuses a picture."""
    with pytest.raises(BadInput) as caught:
        read_picture(path)
    return str(caught.value)
