"""Masks and figures of faces."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.faces import geometry, quality
from engine.faces.landmarks import FACE_OVAL, MESH_TO_68, landmarks68
from engine.faces.masks import hull_mask, oval_mask, raised_brows

SIZE = 256


def face_in_crop() -> np.ndarray:
    """68 landmarks of a mean face in a head crop of 256 px, with a plain jaw."""
    points = np.zeros((68, 2))
    points[17:] = geometry.MEAN_FACE
    angles = np.linspace(np.pi, 0, 17)
    points[:17] = np.stack([0.5 - 0.55 * -np.cos(angles), 0.25 + 0.95 * np.sin(angles)], 1)
    points[:17, 0] = 0.5 + 0.55 * np.cos(angles)
    return points * 96 + (80, 95)


def test_hull_masks_cover_the_face_and_nothing_else() -> None:
    points = face_in_crop()
    mask = hull_mask(points, SIZE, "components")
    assert mask.shape == (SIZE, SIZE)
    assert mask.dtype == np.uint8
    for x, y in points[27:68]:  # nose, eyes, mouth
        assert mask[round(y), round(x)] == 255
    assert not mask[: int(points[:, 1].min()) - 3].any()
    assert not mask[int(points[:, 1].max()) + 3 :].any()
    assert 0.1 < (mask > 127).mean() < 0.3


def test_extended_reaches_half_the_eye_region_higher() -> None:
    points = face_in_crop()
    components, extended = (hull_mask(points, SIZE, k) > 127 for k in ("components", "extended"))
    assert (extended | components).sum() == extended.sum()
    top = [np.flatnonzero(m.any(1))[0] for m in (components, extended)]
    lifted = (points[19, 1] - points[37, 1]) / 2
    assert top[1] - top[0] == pytest.approx(lifted, abs=4)
    assert np.array_equal(raised_brows(points)[27:], points[27:])


def test_unknown_hull_is_an_error() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        hull_mask(face_in_crop(), SIZE, "nonsense")


def test_oval_mask_is_the_area_of_its_polygon() -> None:
    mesh = np.zeros((468, 2), np.float32)
    turn = np.linspace(0, 2 * np.pi, len(FACE_OVAL), endpoint=False)
    mesh[FACE_OVAL] = np.stack([128 + 60 * np.sin(turn), 128 - 90 * np.cos(turn)], 1)
    mask = oval_mask(mesh, SIZE)
    assert (mask > 127).sum() == pytest.approx(np.pi * 60 * 90, rel=0.03)


def test_mesh_indices_are_68_different_points_in_order() -> None:
    assert len(set(MESH_TO_68.tolist())) == 68
    assert len(set(FACE_OVAL.tolist())) == 36
    mesh = np.arange(468 * 3, dtype=np.float32).reshape(468, 3)
    points = landmarks68(mesh)
    assert points.shape == (68, 2)
    assert points[8].tolist() == mesh[152, :2].tolist()


def picture() -> tuple[np.ndarray, geometry.Alignment]:
    noise = np.random.default_rng(2).integers(0, 255, (512, 512, 3), np.uint8)
    crop = cv2.GaussianBlur(noise, (0, 0), 2)
    points = np.asarray(face_in_crop(), np.float32)
    return crop, geometry.align(points)


def test_blur_brightness_and_hash_follow_the_picture() -> None:
    crop, alignment = picture()
    plain = quality.measure(crop, alignment)
    soft = quality.measure(cv2.GaussianBlur(crop, (0, 0), 6), alignment)
    dark = quality.measure((crop // 2).astype(np.uint8), alignment)
    other = quality.measure(crop[::-1].copy(), alignment)
    assert soft.blur < plain.blur / 3
    assert dark.brightness == pytest.approx(plain.brightness / 2, abs=0.01)
    assert quality.hash_distance(plain.duplicate, other.duplicate) > 12
    assert len(plain.duplicate) == 8


def test_duplicate_hash_bears_light_and_noise() -> None:
    rng = np.random.default_rng(4)
    grey = cv2.resize(rng.integers(0, 255, (8, 9), np.uint8), (90, 80))
    noisy = np.clip(grey * 0.8 + 20 + rng.normal(0, 4, grey.shape), 0, 255).astype(np.uint8)
    near = quality.hash_distance(quality.difference_hash(grey), quality.difference_hash(noisy))
    far = quality.hash_distance(
        quality.difference_hash(grey), quality.difference_hash(grey[:, ::-1].copy())
    )
    assert near <= 6 < 15 < far
