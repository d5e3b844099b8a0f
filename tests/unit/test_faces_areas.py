"""Areas that training weighs: where they lie, how far they reach, how their edges are treated."""

from __future__ import annotations

import numpy as np
import pytest

from engine.faces import areas
from engine.faces.geometry import INNER, MEAN_FACE, Matrix, align, transform

SIZE, MARGIN = 128, 16
SIDE = SIZE + 2 * MARGIN


def face() -> np.ndarray:
    points = np.zeros((68, 2), np.float32)
    points[INNER] = MEAN_FACE * 200 + 100
    points[:17] = np.linspace((80, 150), (320, 150), 17)
    return points


def to_crop() -> Matrix:
    matrix = align(face()).crop_matrix(SIZE, "legacy")
    matrix[:, 2] += MARGIN
    return matrix


@pytest.mark.parametrize(
    ("parts", "middles"),
    [(areas.EYES, [slice(36, 42), slice(42, 48)]), (areas.MOUTH, [slice(48, 60)])],
)
def test_an_area_covers_its_landmarks_and_little_more(
    parts: tuple[slice, ...], middles: list[slice]
) -> None:
    mask = areas.area(parts, face(), to_crop(), SIDE, SIZE)
    assert mask.shape == (SIDE, SIDE)
    points = transform(face(), to_crop())
    for part in middles:
        x, y = points[part].mean(axis=0)
        assert mask[round(float(y)), round(float(x))] > 230
    named = np.concatenate([points[part] for part in middles])
    assert all(mask[round(float(y)), round(float(x))] > 60 for x, y in named)
    reach = SIZE * 0.025 / 2 + SIZE / 32 + 1  # half the ellipse, half the blur
    low, high = named.min(axis=0) - reach, named.max(axis=0) + reach
    rows, columns = np.nonzero(mask)
    assert low[0] <= columns.min() <= columns.max() <= high[0]
    assert low[1] <= rows.min() <= rows.max() <= high[1]


def test_an_area_is_of_the_same_share_at_every_size() -> None:
    shares = []
    for size in (64, 128, 256):
        matrix = align(face()).crop_matrix(size, "legacy")
        shares.append(areas.area(areas.MOUTH, face(), matrix, size, size).mean())
    assert max(shares) < 1.1 * min(shares)


def square() -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[40:120, 40:120] = 255
    return mask


def test_a_mask_is_left_alone_where_nothing_is_asked() -> None:
    np.testing.assert_array_equal(areas.edged(square(), SIZE, 0.0, 0.0, 0), square())


def test_dilation_grows_and_shrinks_by_its_share_of_the_crop() -> None:
    grown = areas.edged(square(), SIZE, 5.0, 0.0, 0)
    shrunk = areas.edged(square(), SIZE, -5.0, 0.0, 0)
    widths = [int((mask[80] > 127).sum()) for mask in (shrunk, square(), grown)]
    assert widths == [75, 80, 85]  # the ellipse is 6 px across


def test_blur_is_counted_at_128_px() -> None:
    for size in (64, 128, 256):
        mask = np.zeros((size, size), np.uint8)
        mask[size // 4 : -size // 4, size // 4 : -size // 4] = 255
        soft = areas.edged(mask, size, 0.0, 9.0, 0)
        edge = ((soft[size // 2] > 0) & (soft[size // 2] < 255)).sum() / 2
        assert abs(edge / size - 8 / 128) < 0.02


def test_threshold_makes_what_is_nearly_nothing_or_all_so() -> None:
    mask = np.array([[0, 19, 20, 128, 235, 236, 255]], np.uint8)
    assert areas.edged(mask, SIZE, 0.0, 0.0, 20).tolist() == [[0, 0, 20, 128, 235, 255, 255]]
