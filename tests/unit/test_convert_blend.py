"""Masks of the swap: the right area, a soft edge of the width that was asked for, all inside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.convert.blend import MASK_SIZE, face_mask
from engine.convert.edge import Edge, rim, softened
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
    area = softened(disc(70), Edge(erosion=erosion, blur=0.0)).sum()
    assert area == pytest.approx(np.pi * radius**2, rel=0.04)


@pytest.mark.parametrize("blur", [2.0, 5.0, 10.0])
def test_blur_is_the_width_of_the_edge(blur: float) -> None:
    row = softened(disc(70), Edge(blur=blur))[MASK_SIZE // 2, MASK_SIZE // 2 :]
    width = ((row > 0.02) & (row < 0.98)).sum()
    assert width == pytest.approx(blur / 100 * MASK_SIZE, abs=3)


def test_everything_ends_inside_the_crop() -> None:
    mask = softened(np.ones((MASK_SIZE, MASK_SIZE), np.float32), Edge(erosion=-20.0, blur=20.0))
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    assert border.max() == 0.0
    assert mask[MASK_SIZE // 2, MASK_SIZE // 2] > 0.9
    assert rim(64).shape == (64, 64)


def ends(mask: np.ndarray) -> dict[str, int]:
    """Where a mask's half lies on each side."""
    rows, columns = np.nonzero(mask.max(1) >= 0.5)[0], np.nonzero(mask.max(0) >= 0.5)[0]
    return {"top": rows[0], "bottom": rows[-1], "left": columns[0], "right": columns[-1]}


@given(
    st.sampled_from(["top", "bottom", "left", "right"]),
    st.floats(-15.0, 25.0),
    st.sampled_from([0.0, 4.0]),
)
def test_one_side_moves_alone(side: str, share: float, blur: float) -> None:
    """Inward by its share of the crop, outward below 0; the other three stay."""
    before = ends(softened(disc(70), Edge(blur=blur)))
    after = ends(softened(disc(70), Edge(blur=blur, **{f"erosion_{side}": share})))
    inward = 1 if side in ("top", "left") else -1
    for name in before:
        if name == side:
            moved = inward * (after[name] - before[name])
            assert moved == pytest.approx(share / 100.0 * MASK_SIZE, abs=1.01)
        elif name in ("top", "bottom") == (side in ("top", "bottom")):
            assert after[name] == before[name]


@pytest.mark.parametrize("blur", [4.0, 10.0])
def test_a_box_blur_rises_evenly(blur: float) -> None:
    half = np.zeros((MASK_SIZE, MASK_SIZE), np.float32)
    half[:, : MASK_SIZE // 2] = 1.0
    row = softened(half, Edge(blur=blur, blur_kind="box"))[MASK_SIZE // 2]
    slope = -np.diff(row[40:-40])
    width = blur / 100.0 * MASK_SIZE
    assert (slope > 1e-6).sum() == pytest.approx(width, abs=2)
    assert slope.max() == pytest.approx(1.0 / width, rel=0.15)


def test_more_passes_are_wider_by_the_root_of_their_number() -> None:
    def width(passes: int) -> float:
        row = softened(disc(70), Edge(blur=5.0, blur_passes=passes))[MASK_SIZE // 2, 128:]
        return float(((row > 0.02) & (row < 0.98)).sum())

    assert width(4) == pytest.approx(2.0 * width(1), rel=0.1)


def test_a_threshold_cuts_both_tails() -> None:
    plain = softened(disc(70), Edge(blur=10.0))
    cut = softened(disc(70), Edge(blur=10.0, mask_threshold=10.0))
    inner = np.s_[20:-20, 20:-20]
    assert (cut[inner][plain[inner] < 0.1] == 0.0).all()
    assert (cut[inner][plain[inner] > 0.9] == 1.0).all()
    middle = np.abs(plain[inner] - 0.5) < 0.01
    assert np.abs(cut[inner][middle] - 0.5).max() < 0.02


def test_resizing_keeps_corners_together() -> None:
    """Half a pixel beyond the first centre is the corner at every size."""
    for before, after in ((64, 256), (256, 64), (64, 64)):
        matrix = resized(before, after)
        corner = matrix @ [-0.5, before - 0.5, 1.0]
        assert corner == pytest.approx([-0.5, after - 0.5])
