"""Figures of faces: known changes to a picture move them the known way."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.faces import quality
from engine.faces.geometry import INNER, MEAN_FACE, Alignment, align, transform

SIZE = 256


@cache
def face() -> tuple[NDArray[np.uint8], Alignment]:
    """A drawn head-centred crop: skin in soft light with fine grain, and its alignment."""
    points = np.zeros((68, 2), np.float32)
    points[INNER] = MEAN_FACE
    turn = np.linspace(np.pi, 0, 17)
    points[:17] = np.stack([0.5 + 0.62 * np.cos(turn), 0.25 + 0.95 * np.sin(turn)], -1)
    alignment = align(points * 100 + 50)
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    light = 120 + 50 * x - 30 * y + 20 * x * y
    grain = np.random.default_rng(1).normal(0, 3, (SIZE, SIZE))
    grey = np.clip(light + grain, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, -1), alignment


def in_crop(alignment: Alignment) -> NDArray[np.float32]:
    return transform(alignment.points, alignment.crop_matrix(SIZE))


@settings(deadline=None, max_examples=25)
@given(st.floats(0.5, 2.0), st.floats(0.3, 1.5))
def test_blurring_lowers_the_spectrum(sigma: float, more: float) -> None:
    grey = np.random.default_rng(2).integers(0, 255, (48, 48)).astype(np.uint8)
    once = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), sigma)
    twice = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), sigma + more)
    shares = [quality.fine_share(picture) for picture in (grey, once, twice)]
    assert shares == sorted(shares, reverse=True)
    assert 0.0 <= shares[2] < shares[1] < shares[0] <= 1.0


def test_known_spectra() -> None:
    x = np.arange(48)
    coarse = np.tile(128 + 60 * np.sin(2 * np.pi * x * 4 / 48), (48, 1))
    fine = np.tile(128 + 60 * np.sin(2 * np.pi * x * 20 / 48), (48, 1))
    assert quality.fine_share(coarse) < 0.02
    assert quality.fine_share(fine) > 0.9
    assert quality.fine_share(np.full((48, 48), 9, np.uint8)) == 0.0


def test_bare_skin_in_any_light_is_not_covered() -> None:
    crop, alignment = face()
    assert quality.measure(crop, alignment).occlusion < 0.02


@pytest.mark.parametrize("shade", [20, 250])
@pytest.mark.parametrize("width", [0.3, 0.6])
def test_what_covers_a_cheek_shows(shade: int, width: float) -> None:
    crop, alignment = face()
    side = SIZE * 0.375
    left, top = in_crop(alignment)[48] + (-0.25 * side, -0.2 * side)
    covered = crop.copy()
    corner = (int(left + width * side), int(top + width * side))
    cv2.rectangle(covered, (int(left), int(top)), corner, (shade,) * 3, -1)
    assert quality.measure(covered, alignment).occlusion > 0.15


@pytest.mark.parametrize("size", [128, 512])
def test_figures_do_not_depend_on_the_saved_size(size: int) -> None:
    crop, alignment = face()
    soft = np.asarray(cv2.GaussianBlur(crop, (0, 0), 1.5), np.uint8)
    how = cv2.INTER_AREA if size < SIZE else cv2.INTER_CUBIC
    a, b = (
        quality.measure(picture, alignment)
        for picture in (soft, np.asarray(cv2.resize(soft, (size, size), interpolation=how)))
    )
    assert b.spectrum == pytest.approx(a.spectrum, rel=0.25)
    assert b.occlusion == pytest.approx(a.occlusion, abs=0.02)
    assert b.brightness == pytest.approx(a.brightness, abs=0.01)


def test_a_face_that_is_a_line_has_figures() -> None:
    crop, alignment = face()
    line = Alignment(np.stack([np.linspace(0, 9, 68)] * 2, -1).astype(np.float32), alignment.matrix)
    assert np.isfinite(quality.measure(crop, line)[:4]).all()
