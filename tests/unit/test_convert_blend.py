"""Masks of the swap: the right area, a soft edge of the width that was asked for, all inside."""

from __future__ import annotations

import numpy as np
import pytest

from engine.convert.blend import MASK_SIZE, blend, face_mask, rim, soften
from engine.faces.geometry import INNER, MEAN_FACE, resized

HERE = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def points() -> np.ndarray:
    """A mean face of 120 px in the middle of the mask, jaw and all."""
    face = np.zeros((68, 2))
    face[INNER] = MEAN_FACE
    angle = np.linspace(np.pi, 0, 17)
    face[:17] = np.stack([0.5 + 0.62 * np.cos(angle), 0.3 + 0.9 * np.sin(angle)], -1)
    return face * 120 + 60


def disc(radius: int) -> np.ndarray:
    """A filled circle in the middle."""
    y, x = np.mgrid[0:MASK_SIZE, 0:MASK_SIZE] - MASK_SIZE // 2
    return (np.hypot(x, y) <= radius).astype(np.float32)


def test_the_mask_covers_eyes_and_mouth() -> None:
    for kind in ("components", "extended"):
        mask = face_mask(kind, points(), None, HERE)
        for x, y in points()[36:68]:
            assert mask[round(y), round(x)] == 1.0
        assert mask[5, 5] == 0.0


def test_extended_reaches_higher() -> None:
    tops = [np.nonzero(face_mask(k, points(), None, HERE))[0].min() for k in _KINDS]
    assert tops[1] < tops[0] - 3


_KINDS = ("components", "extended")


def test_an_oval_comes_from_the_mesh() -> None:
    angle = np.linspace(0, 2 * np.pi, 468)
    mesh = np.stack([128 + 60 * np.cos(angle), 128 + 90 * np.sin(angle)], -1)
    mask = face_mask("oval", points(), mesh, HERE)
    assert mask.sum() > 0
    assert not np.array_equal(mask, face_mask("extended", points(), None, HERE))
    assert np.array_equal(
        face_mask("oval", points(), None, HERE), face_mask("extended", points(), None, HERE)
    )


@pytest.mark.parametrize(("erosion", "radius"), [(5.0, 57), (0.0, 70), (-5.0, 83)])
def test_erosion_moves_the_edge(erosion: float, radius: int) -> None:
    area = soften(disc(70), erosion, 0.0).sum()
    assert area == pytest.approx(np.pi * radius**2, rel=0.04)


@pytest.mark.parametrize("blur", [2.0, 5.0, 10.0])
def test_blur_is_the_width_of_the_edge(blur: float) -> None:
    row = soften(disc(70), 0.0, blur)[MASK_SIZE // 2, MASK_SIZE // 2 :]
    width = ((row > 0.02) & (row < 0.98)).sum()
    assert width == pytest.approx(blur / 100 * MASK_SIZE, abs=3)


def test_everything_ends_inside_the_crop() -> None:
    mask = soften(np.ones((MASK_SIZE, MASK_SIZE), np.float32), -20.0, 20.0)
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    assert border.max() == 0.0
    assert mask[MASK_SIZE // 2, MASK_SIZE // 2] > 0.9
    assert rim(64).shape == (64, 64)


def test_blending_leaves_the_rest_bit_exact() -> None:
    random = np.random.default_rng(3)
    background = random.integers(0, 256, (40, 40, 3)).astype(np.float32)
    face = random.random((40, 40, 3)).astype(np.float32) * 255
    mask = np.zeros((40, 40), np.float32)
    mask[10:20, 10:20] = 1.0
    mixed = blend(background, face, mask)
    assert np.array_equal(mixed[mask == 0], background[mask == 0])
    assert np.allclose(mixed[mask == 1], face[mask == 1], atol=1e-3)


def test_resizing_keeps_corners_together() -> None:
    """Half a pixel beyond the first centre is the corner at every size."""
    for before, after in ((64, 256), (256, 64), (64, 64)):
        matrix = resized(before, after)
        corner = matrix @ [-0.5, before - 0.5, 1.0]
        assert corner == pytest.approx([-0.5, after - 0.5])
