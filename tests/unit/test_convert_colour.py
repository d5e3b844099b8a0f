"""Colour matching brings the swap's colours to the frame's, and leaves its drawing alone."""

from __future__ import annotations

import numpy as np
import pytest

from engine.convert.colour import match
from engine.convert.sharpen import unsharp


def noise(mean: tuple[float, float, float], spread: float, seed: int) -> np.ndarray:
    """A 32 px picture with a mean colour and a spread of brightness."""
    grey = np.random.default_rng(seed).normal(0, spread, (32, 32, 1))
    return np.clip(np.array(mean) + grey, 0, 1).astype(np.float32)


FACE = noise((0.6, 0.4, 0.4), 0.02, 1)
TARGET = noise((0.4, 0.45, 0.5), 0.08, 2)
EVERYWHERE = np.ones((32, 32), np.float32)


def test_none_changes_nothing() -> None:
    assert match("none", FACE, TARGET, EVERYWHERE) is FACE


@pytest.mark.parametrize("method", ["average", "lab"])
def test_the_mean_colour_is_the_targets(method: str) -> None:
    matched = match(method, FACE, TARGET, EVERYWHERE)
    assert np.abs(matched.mean((0, 1)) - TARGET.mean((0, 1))).max() < 0.01


def test_lab_takes_the_spread_over_within_limits() -> None:
    matched = match("lab", FACE, TARGET, EVERYWHERE)
    before, after = FACE[:, :, 1].std(), matched[:, :, 1].std()
    assert before * 1.5 < after < before * 2.5  # four times as much would be the target's own


def test_average_keeps_the_drawing() -> None:
    matched = match("average", FACE, TARGET, EVERYWHERE)
    assert np.ptp(matched - FACE, axis=(0, 1)).max() < 1e-5


@pytest.mark.parametrize("method", ["average", "lab"])
def test_only_the_masked_part_has_a_say(method: str) -> None:
    half = EVERYWHERE.copy()
    half[:, 16:] = 0.0
    spoilt = TARGET.copy()
    spoilt[:, 16:] = (0.0, 1.0, 0.0)
    expected = match(method, FACE, TARGET, half)
    assert np.allclose(match(method, FACE, spoilt, half), expected, atol=1e-6)


@pytest.mark.parametrize("method", ["average", "lab"])
def test_an_empty_mask_changes_nothing(method: str) -> None:
    assert match(method, FACE, TARGET, EVERYWHERE * 0) is FACE


@pytest.mark.parametrize("method", ["average", "lab"])
def test_colours_stay_colours(method: str) -> None:
    white, black = np.ones((32, 32, 3), np.float32), np.zeros((32, 32, 3), np.float32)
    for face, target in ((white, black), (black, white), (white, white)):
        matched = match(method, face, target, EVERYWHERE)
        assert np.isfinite(matched).all()
        assert matched.min() >= 0.0
        assert matched.max() <= 1.0


def test_sharpening_steepens_an_edge_and_nothing_else() -> None:
    edge = np.full((32, 32, 3), 0.3, np.float32)
    edge[:, 16:] = 0.6
    sharp = unsharp(edge, 80.0)
    assert sharp[16, 16, 0] - sharp[16, 15, 0] > 0.35
    assert np.allclose(sharp[:, :8], 0.3, atol=1e-4)
    assert unsharp(edge, 0.0) is edge
