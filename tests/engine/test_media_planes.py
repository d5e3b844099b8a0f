"""Regions of frames: RGB and back changes only what is masked, in every working format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import frames_of, make_clip, picture
from hypothesis import given
from hypothesis import strategies as st

from engine.faces.geometry import transform
from engine.media.codecs import Encoding
from engine.media.planes import (
    LAYOUTS,
    Region,
    read_region,
    region_around,
    samples,
    to_display,
    write_region,
)
from engine.media.read import FrameReader, to_rgb


def smooth(pixel_format: str, width: int = 64, height: int = 48) -> Any:
    """A frame whose colours change slowly, so that subsampled chroma loses little."""
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack([60 + x, 100 + y, 200 - x], -1).astype(np.uint8)
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
    return frame.reformat(format=pixel_format, dst_colorspace=1)


@pytest.mark.parametrize("pixel_format", sorted(LAYOUTS))
def test_only_masked_samples_change(pixel_format: str) -> None:
    frame, region = smooth(pixel_format), Region(8, 4, 40, 36)
    before = [plane.copy() for plane in samples(frame)]
    rgb = read_region(frame, region)
    mask = np.zeros((36, 40), np.float32)
    mask[10:20, 10:20] = 0.5
    write_region(frame, region, 255.0 - rgb, mask)
    luma = np.zeros((48, 64), bool)
    luma[14:24, 18:28] = True
    down, across = LAYOUTS[pixel_format].chroma_step
    chroma = luma[::down, ::across]
    for plane, (was, now) in enumerate(zip(before, samples(frame), strict=True)):
        inside = chroma if plane else luma
        assert np.array_equal(was[~inside], now[~inside])
        assert (was[inside] != now[inside]).mean() > 0.9


@pytest.mark.parametrize("pixel_format", sorted(LAYOUTS))
@given(share=st.floats(0, 1, width=32))
def test_samples_are_mixed_by_the_mask(pixel_format: str, share: float) -> None:
    region, rgb = Region(8, 4, 40, 36), np.full((36, 40, 3), [250.0, 20.0, 60.0], np.float32)
    whole, part, was = smooth(pixel_format), smooth(pixel_format), smooth(pixel_format)
    write_region(whole, region, rgb, np.ones((36, 40), np.float32))
    write_region(part, region, rgb, np.full((36, 40), share, np.float32))
    for new, mixed, old in zip(samples(whole), samples(part), samples(was), strict=True):
        expected = old + (new.astype(float) - old) * share
        assert np.abs(mixed - expected).max() <= 0.51


@pytest.mark.parametrize("pixel_format", sorted(LAYOUTS))
def test_there_and_back_is_within_rounding(pixel_format: str) -> None:
    frame, region = smooth(pixel_format), Region(8, 4, 40, 36)
    before = [plane.astype(int) for plane in samples(frame)]
    write_region(frame, region, read_region(frame, region), np.ones((36, 40), np.float32))
    unit = 4 if LAYOUTS[pixel_format].dtype is np.uint16 else 1
    for was, now in zip(before, samples(frame), strict=True):
        assert np.abs(was - now).mean() < 0.3 * unit


@pytest.mark.parametrize(
    ("source", "size", "work"),
    [
        ("yuv420p", (64, 48), "yuv420p"),
        ("yuv422p", (64, 48), "yuv420p"),
        ("yuvj420p", (64, 48), "yuvj420p"),
        ("yuv420p10le", (64, 48), "yuv420p10le"),
        ("pal8", (64, 47), "yuv444p"),
        ("yuv420p", (65, 48), "yuv444p"),
        ("yuv422p10le", (65, 48), "yuv444p10le"),
    ],
)
def test_working_format(source: str, size: tuple[int, int], work: str) -> None:
    assert Encoding().working_format(source, *size) == work


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_coded_pixels_map_to_displayed_ones(tmp_path: Path, rotation: int) -> None:
    """A bright spot at a coded place is found at the mapped place of the displayed picture."""
    rgb = np.zeros((48, 64, 3), np.uint8)
    rgb[10:14, 20:24] = 255
    spot = [av.VideoFrame.from_ndarray(rgb, format="rgb24") for _ in range(3)]
    source = make_clip(tmp_path / "a.mp4", frames=3, pictures=spot, rotation=rotation, sound=())
    with FrameReader(source) as reader:
        _, _, frame = next(reader.raw())
        shown = to_rgb(frame)
    rows, columns = np.nonzero(shown[:, :, 0] > 128)
    x, y = transform(np.array([[21.5, 11.5]]), to_display(rotation, 64, 48))[0]
    assert (columns.mean(), rows.mean()) == (pytest.approx(x, abs=0.5), pytest.approx(y, abs=0.5))


def test_regions_are_even_and_inside() -> None:
    region = region_around(np.array([[-5.0, 3.2], [20.7, 90.0]]), 64, 48)
    assert region == Region(0, 2, 22, 46)
    assert region_around(np.array([[100.0, 100.0], [120.0, 120.0]]), 64, 48) is None


def test_writing_into_a_frame_leaves_the_decoders_own_alone(tmp_path: Path) -> None:
    """Decoders predict from frames that they handed out: a write must not reach those."""
    source = make_clip(tmp_path / "a.mp4", frames=30, sound=())
    expected = frames_of(source)
    with FrameReader(source) as reader:
        for index, _, frame in reader.raw():
            assert np.array_equal(frame.to_ndarray(), expected[index])
            frame.make_writable()
            black = np.zeros((48, 64, 3), np.float32)
            write_region(frame, Region(0, 0, 64, 48), black, np.ones((48, 64), np.float32))


def test_pictures_differ() -> None:
    """The generated frames are told apart, else the tests above show nothing."""
    assert not np.array_equal(picture(0, 64, 48).to_ndarray(), picture(1, 64, 48).to_ndarray())
