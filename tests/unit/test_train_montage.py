"""Pictures of previews: what lies where, how masks are tinted, what the corners mark."""

from __future__ import annotations

import numpy as np
import pytest

from engine.train import montage
from engine.train.montage import LABEL_PX, Overlay, SideFaces, overlay, small, strip, whole

GREY, OWN, SWAP = 100, 0.8, 0.2
RED = Overlay((255, 0, 0), 0.5)


def seen(count: int = 4, size: int = 64, out: int = 96) -> SideFaces:
    """Grey faces, rebuilt light, swapped dark, masked in their left halves."""
    margin = size // 8
    side = size + 2 * margin
    mask = np.zeros((count, size, size), np.float32)
    mask[:, :, : size // 2] = 1.0
    return SideFaces(
        np.full((count, side, side, 3), GREY, np.uint8),
        margin,
        np.full((count, out, out, 3), OWN, np.float32),
        np.full((count, out, out, 3), SWAP, np.float32),
        mask,
    )


def both(**sizes: int) -> montage.Sides:
    return {"a": seen(**sizes), "b": seen(**sizes)}


def cells_of(picture: montage.Picture, size: int, top: int) -> list[int]:
    """The brightness in the middle of a row's cells, the first channel."""
    row = top + size // 2
    return [int(picture[row, i * size + size // 2 + 8, 0]) for i in range(picture.shape[1] // size)]


def test_the_small_picture_has_three_columns_and_two_rows_of_each_side() -> None:
    picture = small(both())
    assert picture.shape == (2 * (20 + 2 * 128), 3 * 128, 3)
    for side in range(2):
        for row in range(2):
            top = side * (20 + 256) + 20 + row * 128
            assert cells_of(picture, 128, top) == [GREY, 204, 51]


def test_the_whole_sheet_shows_every_face_four_ways() -> None:
    picture = whole(both(count=6), 1234, RED)
    size = 128
    assert picture.shape == (3 * LABEL_PX + 6 * size, 8 * size, 3)
    tops = [2 * LABEL_PX + i * size for i in range(3)]
    tops += [3 * LABEL_PX + (3 + i) * size for i in range(3)]
    for top in tops:
        assert cells_of(picture, size, top) == [GREY, 204, 51, GREY] * 2
    # the left half of the mask's column is half red
    assert picture[tops[0] + 64, 3 * size + 40].tolist() == pytest.approx([178, 50, 50], abs=1)


def test_what_is_painted_stands_in_its_surroundings_between_the_corners() -> None:
    picture = whole(both(size=128), 1, RED)
    size = 160  # 128 and an eighth on each side
    row = picture[2 * LABEL_PX + size // 2, size : 2 * size, 0]
    assert (row[:16] == GREY).all()
    assert (row[16:144] == 204).all()
    assert (row[144:] == GREY).all()
    corner = picture[2 * LABEL_PX + 16, 16 : 16 + 8]
    assert (corner == montage.INK).all()


@pytest.mark.parametrize(("colour", "rgb"), [("#ff0000", (255, 0, 0)), ("#0A0b0C", (10, 11, 12))])
def test_an_overlay_is_read_from_settings(colour: str, rgb: tuple[int, int, int]) -> None:
    assert overlay(colour, 30.0) == Overlay(rgb, pytest.approx(0.3))


def test_no_opacity_is_the_face_itself() -> None:
    faces = seen()
    for cell in montage.masked(faces, Overlay((255, 0, 0), 0.0), 80):
        assert cell[40, 20].tolist() == [GREY] * 3


@pytest.mark.parametrize("size", [63, 64, 96, 333])
def test_frames_of_the_time_lapse_can_be_encoded(size: int) -> None:
    height, width, _ = strip(both(count=2, size=size), 7).shape
    assert height % 2 == width % 2 == 0
    assert width <= 6 * montage.LARGEST_PX
