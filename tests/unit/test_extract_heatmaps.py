"""Points finer than the cells of a heatmap."""

from __future__ import annotations

import numpy as np
import pytest

from engine.extract.align._heatmaps import peaks


def gaussians(centres: np.ndarray, sigma: float) -> np.ndarray:
    """(1, 64, 64, n) heatmaps with a peak at each x,y."""
    y, x = (axis[..., None] for axis in np.mgrid[:64, :64])
    square = (x - centres[:, 0]) ** 2 + (y - centres[:, 1]) ** 2
    return np.exp(-square / (2 * sigma**2))[None]


@pytest.mark.parametrize("sigma", [0.8, 1.0, 1.5, 2.0, 3.0])
def test_peaks_are_found_finer_than_cells(sigma: float) -> None:
    centres = np.random.default_rng(3).uniform(9, 54, (200, 2))
    for scale in (1.0, 0.02):
        error = np.abs(peaks((gaussians(centres, sigma) * scale).astype("f4"))[0] - centres)
        assert error.max() < 0.05


def test_peaks_survive_noise_and_the_border() -> None:
    rng = np.random.default_rng(4)
    centres = rng.uniform(9, 54, (200, 2))
    noisy = gaussians(centres, 1.5) + rng.normal(0, 0.05, (1, 64, 64, 200))
    assert np.linalg.norm(peaks(noisy.astype("f4"))[0] - centres, axis=1).mean() < 0.2
    corners = np.array([[0.3, 0.4], [63.2, 0.1], [1.0, 40.5], [30.2, 62.9]])
    assert np.abs(peaks(gaussians(corners, 1.5).astype("f4"))[0] - corners).max() < 1.5


@pytest.mark.parametrize("level", [-1.0, 0.0, 0.7])
def test_a_heatmap_without_a_peak_gives_a_place_inside_it(level: float) -> None:
    found = peaks(np.full((2, 64, 64, 3), level, np.float32))
    assert found.shape == (2, 3, 2)
    assert np.isfinite(found).all()
    assert ((found >= 0) & (found <= 63)).all()
