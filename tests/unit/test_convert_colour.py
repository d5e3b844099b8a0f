"""Colour matching brings the swap's colours to the frame's, and leaves its drawing alone."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.convert import colours
from engine.convert.balance import Balance, balanced
from engine.convert.colours import histogram, idt, linear, match, mkl, seamless, sot


def noise(mean: tuple[float, float, float], spread: float, seed: int) -> np.ndarray:
    """A 32 px picture with a mean colour and a spread of brightness."""
    grey = np.random.default_rng(seed).normal(0, spread, (32, 32, 1))
    return np.clip(np.array(mean) + grey, 0, 1).astype(np.float32)


FACE = noise((0.6, 0.4, 0.4), 0.02, 1)
TARGET = noise((0.4, 0.45, 0.5), 0.08, 2)
EVERYWHERE = np.ones((32, 32), np.float32)
METHODS = sorted(p.stem for p in Path(colours.__file__).parent.glob("*.py") if p.stem[0] != "_")
EXACT = ["average", "lab", "linear", "mkl", "histogram", "idt", "sot"]
"""Methods that bring the mean colour to the target's."""


def test_none_changes_nothing() -> None:
    assert match("none", FACE, TARGET, EVERYWHERE) is FACE


@pytest.mark.parametrize("method", EXACT)
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


@pytest.mark.parametrize("method", METHODS)
def test_only_the_masked_part_has_a_say(method: str) -> None:
    half = EVERYWHERE.copy()
    half[:, 16:] = 0.0
    spoilt = TARGET.copy()
    spoilt[:, 16:] = (0.0, 1.0, 0.0)
    expected = match(method, FACE, TARGET, half)
    found = match(method, FACE, spoilt, half)
    inside = slice(0, 10) if method == "seamless" else slice(0, 16)  # its edge is the target's
    if method != "seamless":
        assert np.allclose(found[:, inside], expected[:, inside], atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_an_empty_mask_changes_nothing(method: str) -> None:
    assert match(method, FACE, TARGET, EVERYWHERE * 0) is FACE


@pytest.mark.parametrize("method", METHODS)
def test_colours_stay_colours(method: str) -> None:
    white, black = np.ones((32, 32, 3), np.float32), np.zeros((32, 32, 3), np.float32)
    for face, target in ((white, black), (black, white), (white, white)):
        matched = match(method, face, target, EVERYWHERE)
        assert np.isfinite(matched).all()
        assert matched.min() >= 0.0
        assert matched.max() <= 1.0


def coloured(seed: int) -> np.ndarray:
    """(64, 64, 3) normal colours with a covariance of their own, inside 0..1."""
    rng = np.random.default_rng(seed)
    mix = rng.normal(0, 0.01, (3, 3)) + 0.04 * np.eye(3)
    colours = rng.normal(size=(64 * 64, 3)) @ mix.T + rng.uniform(0.4, 0.6, 3)
    return np.clip(colours, 0, 1).reshape(64, 64, 3).astype(np.float32)


def covered(picture: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Covariance by NumPy's own function."""
    return np.cov(picture.reshape(-1, 3).T, aweights=weight.ravel(), ddof=0)


ALL = np.ones((64, 64), np.float32)


@pytest.mark.parametrize("seed", range(4))
def test_linear_methods_bring_mean_and_covariance(seed: int) -> None:
    face, target = coloured(seed), coloured(seed + 100)
    found = linear.matched(face, target, ALL)
    assert np.allclose(found.mean((0, 1)), target.mean((0, 1)), atol=1e-4)
    assert np.allclose(covered(found, ALL), covered(target, ALL), atol=5e-5)


def test_mkl_is_the_map_between_normal_distributions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its matrix is symmetric and brings the covariance: there is one such (Brenier's)."""
    monkeypatch.setattr(mkl, "SPREAD_LIMITS", (0.0, 100.0))
    face, target = coloured(3), coloured(104)
    found = mkl.matched(face, target, ALL)
    assert np.allclose(covered(found, ALL), covered(target, ALL), atol=5e-5)
    apart = [(p - p.mean((0, 1))).reshape(-1, 3) for p in (face, found)]
    moved = np.linalg.lstsq(*apart, rcond=None)[0]
    assert np.allclose(moved, moved.T, atol=2e-3)


def test_mkl_holds_its_limits() -> None:
    face, target = coloured(1) * 0.1 + 0.45, coloured(2)
    found = mkl.matched(face.astype(np.float32), target, ALL)
    before, after = (np.linalg.eigvalsh(covered(p, ALL)) for p in (face, found))
    gains = np.sqrt(after / before)
    assert gains.max() < 2.1


def test_histogram_gives_the_sorted_targets() -> None:
    """Without ties the value of rank k becomes the target's of rank k."""
    rng = np.random.default_rng(5)
    face, target = (rng.uniform(0.2, 0.8, (64, 64, 3)).astype(np.float32) for _ in range(2))
    found = histogram.matched(face, target**2, ALL)
    for channel in range(3):
        ours = np.sort(found[..., channel].ravel())[40:-40]
        theirs = np.sort((target**2)[..., channel].ravel())[40:-40]
        assert np.abs(ours - theirs).max() < 1e-3


@pytest.mark.parametrize("method", [idt, sot])
def test_transport_brings_the_whole_distribution(method: object) -> None:
    """Along directions that it never looked along, too: a skewed, two-humped target."""
    rng = np.random.default_rng(6)
    face = coloured(7)
    target = coloured(8)
    target[:, :32] = (target[:, :32] * 0.5 + 0.1) ** 1.2
    found = method.matched(face, target, ALL)  # type: ignore[attr-defined]
    before, after = [], []
    for _ in range(20):
        direction = rng.normal(size=3)
        direction /= np.linalg.norm(direction)
        aim = np.sort((target @ direction).ravel())
        before.append(np.abs(np.sort((face @ direction).ravel()) - aim).mean())
        after.append(np.abs(np.sort((found @ direction).ravel()) - aim).mean())
    assert np.mean(after) < 0.12 * np.mean(before)
    assert np.array_equal(found, method.matched(face, target, ALL))  # type: ignore[attr-defined]


def test_the_membrane_solves_laplace() -> None:
    """Against the linear system, solved whole."""
    side = 24
    values = np.random.default_rng(9).uniform(0, 1, (side, side, 3)).astype(np.float32)
    values = cv2.GaussianBlur(values, (0, 0), 3)
    inside = np.zeros((side, side), bool)
    inside[6:18, 5:17] = True
    inside[10:14, 9:13] = False  # an island that is held too
    index = -np.ones((side, side), int)
    index[inside] = np.arange(inside.sum())
    matrix, right = np.zeros((inside.sum(),) * 2), np.zeros((inside.sum(), 3))
    for y, x in zip(*np.nonzero(inside), strict=True):
        row = index[y, x]
        matrix[row, row] = 4
        for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            if inside[y + dy, x + dx]:
                matrix[row, index[y + dy, x + dx]] = -1
            else:
                right[row] += values[y + dy, x + dx]
    solved = np.linalg.solve(matrix, right)
    found = seamless.membrane(values, inside)
    assert np.array_equal(found[~inside], values[~inside])
    assert np.abs(found[inside] - solved).max() < 0.02 * np.ptp(values)


def test_seamless_meets_the_target_and_keeps_the_drawing() -> None:
    disc = np.zeros((64, 64), np.float32)
    cv2.circle(disc, (32, 32), 22, 1.0, -1)
    face = coloured(10)
    target = np.broadcast_to(np.linspace(0.2, 0.7, 64)[:, None, None], (64, 64, 3))
    target = np.ascontiguousarray(target, np.float32)
    smooth = cv2.GaussianBlur(face, (0, 0), 6)
    found = seamless.matched(smooth, target, disc)
    edge = (disc > 0) & (cv2.erode(disc, np.ones((3, 3))) == 0)
    assert np.abs(found[edge] - target[edge]).max() < 0.05
    bend = [cv2.Laplacian(p, cv2.CV_32F)[24:40, 24:40] for p in (smooth, found)]
    assert np.abs(bend[0] - bend[1]).max() < 0.01


@given(st.lists(st.floats(-100, 100), min_size=6, max_size=6))
def test_a_balance_is_its_formula(values: list[float]) -> None:
    balance = Balance(*values)
    found = balanced(FACE[:4, :4], balance)
    for pixel, ours in zip(FACE[:4, :4].reshape(-1, 3), found.reshape(-1, 3), strict=True):
        rgb = [p * (1 + g / 100) for p, g in zip(pixel, values[3:], strict=True)]
        grey = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]
        rgb = [grey + (c - grey) * (1 + values[2] / 100) for c in rgb]
        rgb = [0.5 + (c - 0.5) * (1 + values[1] / 100) + values[0] / 100 for c in rgb]
        assert np.allclose(ours, np.clip(rgb, 0, 1), atol=1e-4)
    assert balanced(FACE, Balance()) is FACE


def test_ranks_are_of_what_lies_inside_alone() -> None:
    """Two tones inside, black outside: no tone between black and the darker one comes."""
    target = np.where(np.arange(64)[:, None, None] < 32, 0.5, 0.7) * np.ones((64, 64, 3))
    weight = np.ones((64, 64), np.float32)
    target[:, :20] = weight[:, :20] = 0.0
    face = np.random.default_rng(3).uniform(0.2, 0.8, (64, 64, 3)).astype(np.float32)
    made = match("histogram", face, target.astype(np.float32), weight)[:, 20:]
    assert made.min() >= 0.5 - 1e-5
    assert made.max() <= 0.7 + 1e-5
