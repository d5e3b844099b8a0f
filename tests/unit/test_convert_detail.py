"""Sharpening, grain and motion blur, and how a face's movement is told."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.convert.detail import grain_of, grained, line, moved
from engine.convert.motion import STILL, steps
from engine.convert.patch import about_middle
from engine.convert.sharpen import Sharpening, sharpened
from engine.faces.landmarks import Landmarks

EDGE = np.full((64, 64, 3), 0.3, np.float32)
EDGE[:, 32:] = 0.6
RNG = np.random.default_rng(1)


@pytest.mark.parametrize("kind", ["unsharp", "gaussian", "box"])
def test_sharpening_steepens_an_edge_and_nothing_else(kind: str) -> None:
    sharp = sharpened(EDGE, Sharpening(80.0, kind))  # type: ignore[arg-type]
    assert sharp[32, 32, 0] - sharp[32, 31, 0] > 0.35
    assert np.allclose(sharp[:, :16], 0.3, atol=1e-4)
    assert sharpened(EDGE, Sharpening(0.0, kind)) is EDGE  # type: ignore[arg-type]


def test_box_and_gaussian_are_their_formulas() -> None:
    face = RNG.uniform(0.3, 0.7, (64, 64, 3)).astype(np.float32)
    box = sharpened(face, Sharpening(50.0, "box", 2.0))
    window = face[20:23, 30:33].mean((0, 1))  # sigma 1.28: three pixels
    assert np.allclose(box[21, 31], face[21, 31] + 0.5 * (face[21, 31] - window), atol=1e-5)
    sigma = 0.02 * 64
    reach = np.arange(-8, 9)
    bell = np.exp(-(reach**2) / (2 * sigma**2))
    bell /= bell.sum()
    blurred = np.einsum("i,j,ijc->c", bell, bell, face[32 - 8 : 32 + 9, 32 - 8 : 32 + 9])
    gauss = sharpened(face, Sharpening(50.0, "gaussian", 2.0))
    assert np.allclose(gauss[32, 32], face[32, 32] + 0.5 * (face[32, 32] - blurred), atol=2e-3)


def test_a_threshold_leaves_faint_detail_alone() -> None:
    """What stands out is sharpened, what is fainter is not: not the other way round."""
    face = EDGE.copy()
    face[16, 8] += 0.01
    sharp = sharpened(face, Sharpening(100.0, "unsharp", 1.2, 5.0))
    assert np.array_equal(sharp[10:22, 2:14], face[10:22, 2:14])
    assert sharp[32, 32, 0] - sharp[32, 31, 0] > 0.35


@pytest.mark.parametrize("sigma", [1.0, 3.0, 8.0])
def test_grain_is_measured_beside_drawing(sigma: float) -> None:
    """A gradient with hard bars on it, and noise of a known deviation."""
    plain = np.linspace(60, 180, 200)[None, :, None] * np.ones((200, 1, 3))
    plain[:, 90:100] = 20.0
    noisy = plain + RNG.normal(0, sigma, (200, 200, 1))
    assert grain_of(noisy.astype(np.float32)) == pytest.approx(sigma, rel=0.15, abs=0.3)
    assert grain_of(plain.astype(np.float32)) < 0.5


def test_a_face_gets_the_grain_that_it_lacks() -> None:
    frame = (120 + RNG.normal(0, 4.0, (128, 128, 1)) * np.ones(3)).astype(np.float32)
    face = np.full((128, 128, 3), 150.0, np.float32)
    given_ = grained(face, frame, 100.0, 7)
    assert grain_of(given_) == pytest.approx(grain_of(frame), rel=0.1)
    assert abs(float(given_.mean()) - 150.0) < 0.2
    assert np.array_equal(given_, grained(face, frame, 100.0, 7))
    assert not np.array_equal(given_, grained(face, frame, 100.0, 8))
    assert grained(frame, frame, 100.0, 7) is frame
    assert grained(face, frame, 0.0, 7) is face


@given(st.floats(1.5, 20.0), st.floats(0.0, math.tau))
def test_a_blur_spreads_along_the_movement_alone(length: float, angle: float) -> None:
    """Second moments of the kernel: length² / 12 along it, less than a pixel's across."""
    kernel = line(length, angle).astype(np.float64)
    half = kernel.shape[0] // 2
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    assert kernel.sum() == pytest.approx(1.0, abs=1e-5)
    along = x * math.cos(angle) + y * math.sin(angle)
    across = -x * math.sin(angle) + y * math.cos(angle)
    assert (kernel * along).sum() == pytest.approx(0.0, abs=1e-4)
    assert (kernel * along**2).sum() == pytest.approx(length**2 / 12, rel=0.25, abs=0.35)
    assert (kernel * across**2).sum() < 0.4


def test_a_still_face_stays_sharp_and_a_fast_one_smears() -> None:
    face = cv2.GaussianBlur(RNG.uniform(0, 255, (96, 96, 3)).astype(np.float32), (0, 0), 1)
    assert moved(face, (0.5, 0.5), 100.0) is face
    assert moved(face, (20.0, 0.0), 0.0) is face
    smeared = moved(face, (20.0, 0.0), 100.0)
    slopes = [np.abs(np.diff(p, axis=a)).mean() for p in (face, smeared) for a in (0, 1)]
    assert slopes[3] < 0.35 * slopes[1]  # along x
    assert slopes[2] > 2.0 * slopes[3]  # across it is sharper


def face_at(x: float, y: float) -> Landmarks:
    points = np.stack(np.meshgrid(np.arange(17.0), np.arange(4.0) * 10.0), -1).reshape(-1, 2)
    return Landmarks((points + np.array([x, y])).astype(np.float32), None)


def test_steps_are_told_from_both_neighbours() -> None:
    faces = {
        0: [face_at(100, 50), face_at(300, 50)],
        1: [face_at(304, 50), face_at(102, 56)],
        2: [face_at(108, 60)],
    }
    assert steps(faces, 1)[0] == pytest.approx((4.0, 0.0))  # there is none near it in frame 2
    assert steps(faces, 1)[1] == pytest.approx((4.0, 5.0))
    assert steps(faces, 2) == [pytest.approx((6.0, 4.0))]
    assert steps({5: [face_at(0, 0)]}, 5) == [STILL]
    assert steps(faces, 9) == []


@given(st.integers(2, 512), st.floats(0.9, 1.1))
def test_scaling_keeps_the_middle(side: int, scale: float) -> None:
    middle = (side - 1) / 2
    matrix = about_middle(side, scale)
    assert matrix @ [middle, middle, 1.0] == pytest.approx([middle, middle])
    corner = matrix @ [-0.5, -0.5, 1.0]
    assert middle - corner[0] == pytest.approx(scale * side / 2)
