"""Light evened out, against plain NumPy."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import BadInput
from engine.faces.normalise import normaliser


def picture(seed: int = 1, low: int = 30, high: int = 120) -> np.ndarray:
    """A dull picture whose channels differ."""
    noise = np.random.default_rng(seed).integers(low, high, (64, 48, 3), np.uint8)
    ramp = np.linspace(0, 40, 48)[:, None] * (0.2, 0.6, 1.0)
    return np.clip(cv2.GaussianBlur(noise, (0, 0), 2) + ramp, 0, 255).astype(np.uint8)


@given(st.integers(0, 200), st.integers(2, 55))
def test_mean_stretches_each_channel_to_the_whole_range(low: int, wide: int) -> None:
    dull = picture(7, low, low + wide)
    seen = normaliser("mean")(dull)
    for channel, before in zip(np.moveaxis(seen, -1, 0), np.moveaxis(dull, -1, 0), strict=True):
        lowest, highest = before.min().astype(float), before.max().astype(float)
        expected = (before - lowest) * 255 / (highest - lowest)
        assert np.abs(channel - expected).max() <= 0.5 + 1e-9


def test_hist_is_the_equalised_histogram_of_each_channel() -> None:
    dull = picture()
    seen = normaliser("hist")(dull)
    for channel, before in zip(np.moveaxis(seen, -1, 0), np.moveaxis(dull, -1, 0), strict=True):
        below = np.cumsum(np.bincount(before.ravel(), minlength=256)).astype(float)
        first = below[before.min()]
        expected = 255 * (below[before] - first) / (before.size - first)
        assert np.abs(channel - expected).max() <= 0.5 + 1e-3
    assert np.ptp(seen, axis=(0, 1)).tolist() == [255, 255, 255]


def test_clahe_evens_out_each_tile_and_limits_contrast() -> None:
    dull = picture()
    seen = normaliser("clahe")(dull)
    plain = normaliser("hist")(dull)
    for c in range(3):
        assert dull[..., c].std() < seen[..., c].std() < plain[..., c].std()
    alone = normaliser("clahe")(np.repeat(dull[..., 1:2], 3, axis=2))
    assert np.array_equal(seen[..., 1], alone[..., 1])  # no channel looks at another


def test_clahe_of_a_tile_is_its_clipped_histogram() -> None:
    """In the outer quarter of a corner tile nothing is mixed with the neighbours."""
    dull = np.ascontiguousarray(picture(2)[:48])
    tile = dull[:12, :12, 0]
    counts = np.bincount(tile.ravel(), minlength=256)
    limit = max(int(2.0 * tile.size / 256), 1)
    excess = int((counts - limit).clip(0).sum())
    counts = np.minimum(counts, limit) + excess // 256
    if left := excess % 256:
        step = max(256 // left, 1)
        counts[np.arange(0, 256, step)[:left]] += 1
    expected = np.cumsum(counts) * 255 / tile.size
    seen = normaliser("clahe")(dull)[:6, :6, 0]
    assert np.abs(seen - expected[tile[:6, :6]]).max() <= 0.51


@pytest.mark.parametrize("kind", ["none", "clahe", "hist", "mean"])
def test_a_crop_of_one_colour_and_the_crop_given_are_left_in_peace(kind: str) -> None:
    flat = np.full((32, 32, 3), 90, np.uint8)
    seen = normaliser(kind)(flat)
    assert seen.shape == flat.shape
    assert seen.dtype == np.uint8
    assert np.ptp(seen) == 0
    dull = picture()
    before = dull.copy()
    normaliser(kind)(dull)
    assert np.array_equal(dull, before)


def test_none_changes_nothing_and_other_words_are_refused() -> None:
    assert np.array_equal(normaliser("none")(picture()), picture())
    with pytest.raises(BadInput, match="clahe"):
        normaliser("gamma")
