"""Augmentation: identity when off, flip, determinism, what moves and what doesn't."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
import tensorflow as tf

from engine.faces.geometry import INNER, MEAN_FACE
from engine.train.augment import Augmentation, augment, plain, tiles
from engine.train.feed import Batch

STILL = Augmentation(
    80, 8, 64, 64, rotation=0, zoom=0, shift=0, flip=0, lightness=0, chroma=0, clahe=0, warp=0
)
RNG = np.random.default_rng(1)
CROPS = RNG.integers(0, 255, (4, 80, 80, 4), np.uint8)
SEEDS = tf.constant([[1, 4], [1, 6]])


def batch(crops: np.ndarray, points: np.ndarray | None = None) -> Batch:
    return Batch(tf.constant(crops), tf.zeros([len(crops), 0]) if points is None else points)


def run(how: Augmentation, seeds: tf.Tensor = SEEDS) -> list[np.ndarray]:
    return [t.numpy() for t in augment(batch(CROPS), seeds, how)]


def test_with_everything_off_the_crop_comes_out() -> None:
    source, target, mask = run(STILL)
    inner = CROPS[:, 8:72, 8:72] / 255.0
    for got, want in ((source, inner[..., :3]), (target, inner[..., :3]), (mask, inner[..., 3:])):
        np.testing.assert_allclose(got, want, atol=1e-5)


def test_a_flip_mirrors_input_target_and_mask() -> None:
    source, target, mask = run(replace(STILL, flip=100.0))
    inner = CROPS[:, 8:72, 8:72][:, :, ::-1] / 255.0
    for got, want in ((source, inner[..., :3]), (target, inner[..., :3]), (mask, inner[..., 3:])):
        np.testing.assert_allclose(got, want, atol=1e-5)


def test_flips_come_with_their_chance() -> None:
    crops = batch(np.repeat(CROPS[:1], 200, axis=0))
    source = augment(crops, SEEDS, replace(STILL, flip=30.0))[0].numpy()
    unturned = CROPS[0, 8:72, 8:72, :3] / 255.0
    share = np.mean([not np.allclose(s, unturned, atol=1e-4) for s in source])
    assert 0.2 < share < 0.4


def test_only_the_input_is_warped() -> None:
    source, target, _ = run(replace(STILL, warp=5 / 256))
    inner = CROPS[:, 8:72, 8:72, :3] / 255.0
    np.testing.assert_allclose(target, inner, atol=1e-5)
    assert np.abs(source - inner).mean() > 0.01


def test_rotation_takes_the_target_along() -> None:
    smooth = np.zeros((2, 80, 80, 4), np.uint8)
    smooth[:, 20:40, 30:50] = 200
    moved = replace(STILL, rotation=20.0, shift=5.0, zoom=5.0)
    source, target, mask = augment(batch(smooth), SEEDS, moved)
    np.testing.assert_allclose(source.numpy(), target.numpy(), atol=1e-5)
    np.testing.assert_allclose(target.numpy()[..., :1], mask.numpy(), atol=1e-5)
    assert np.abs(mask.numpy()[..., 0] - smooth[:, 8:72, 8:72, 3] / 255.0).max() > 0.3


def test_colour_changes_both_alike_and_never_the_mask() -> None:
    source, target, mask = run(replace(STILL, lightness=30, chroma=8, clahe=50))
    inner = CROPS[:, 8:72, 8:72] / 255.0
    np.testing.assert_allclose(source, target, atol=1e-6)
    np.testing.assert_allclose(mask, inner[..., 3:], atol=1e-5)
    assert np.abs(target - inner[..., :3]).mean() > 0.01
    assert target.min() >= 0.0
    assert target.max() <= 1.0


def test_lightness_and_chroma_move_within_their_bounds() -> None:
    crops = np.full((400, 16, 16, 4), 128, np.uint8)
    how = replace(STILL, crop_size=16, margin=0, input_size=16, output_size=16)
    lit = augment(batch(crops), SEEDS, replace(how, lightness=30))[1].numpy()[:, 0]
    light, *colour = np.moveaxis(cv2.cvtColor(lit, cv2.COLOR_RGB2LAB), -1, 0)
    grey = 53.6  # L* of 128
    assert grey * 0.7 - 0.5 < light.min() < grey * 0.75
    assert grey + (100 - grey) * 0.25 < light.max() < grey + (100 - grey) * 0.3 + 0.5
    assert np.abs(colour).max() < 2.0

    tinted = augment(batch(crops), SEEDS, replace(how, chroma=8))[1].numpy()[:, 0]
    light, *colour = np.moveaxis(cv2.cvtColor(tinted, cv2.COLOR_RGB2LAB), -1, 0)
    np.testing.assert_allclose(light, grey, atol=1.0)
    for plane in colour:
        assert -128 * 0.08 - 1 < plane.min() < -8
        assert 8 < plane.max() < 127 * 0.08 + 1


def test_clahe_comes_with_its_chance_on_a_grid_of_its_own() -> None:
    flat = np.linspace(100, 140, 80, dtype=np.uint8)
    crops = np.broadcast_to(flat[None, None, :, None], (200, 80, 80, 4)).copy()
    source = augment(batch(crops), SEEDS, replace(STILL, clahe=30))[0].numpy()
    kinds = {s.tobytes() for s in source}
    unchanged = np.mean([np.abs(s - crops[0, 8:72, 8:72, :3] / 255.0).max() < 0.01 for s in source])
    assert 0.6 < unchanged < 0.8
    assert len(kinds) == 6, "as it is, and with 2 to 6 tiles along a side"


@pytest.mark.parametrize(
    ("side", "size", "counts"),
    [(64, 4, {2, 3, 4, 5, 6}), (64, 1, {2, 3}), (384, 4, {3, 4, 5, 6, 7}), (512, 2, {4, 6, 8})],
)
def test_tiles_follow_the_crops_size(side: int, size: int, counts: set[int]) -> None:
    how = Augmentation(side + 16, 8, side, side, clahe_size=size)
    found = tiles(tf.linspace(-1.0, 1.0, 200), how).numpy()
    assert set(found.tolist()) == counts
    assert how.most_tiles == max(counts)


def test_the_same_seed_gives_the_same_batch_and_sides_differ() -> None:
    how = Augmentation(80, 8, 64, 96)
    first, again = run(how), run(how)
    for a, b in zip(first, again, strict=True):
        assert np.array_equal(a, b)
    other = run(how, tf.constant([[1, 8], [1, 10]]))
    assert not np.allclose(first[0], other[0])
    twice = np.concatenate([CROPS[:2], CROPS[:2]])
    source = augment(batch(twice), SEEDS, how)[0].numpy()
    assert not np.allclose(source[:2], source[2:])


def test_input_and_target_sizes() -> None:
    source, target, mask = run(Augmentation(80, 8, 32, 64))
    assert source.shape == (4, 32, 32, 3)
    assert target.shape == (4, 64, 64, 3)
    assert mask.shape == (4, 64, 64, 1)


def test_plain_is_the_crop_without_its_margin() -> None:
    inputs, shown = plain(tf.constant(CROPS), STILL)
    np.testing.assert_allclose(shown.numpy(), CROPS[:, 8:72, 8:72, :3] / 255.0, atol=1e-5)
    assert inputs.shape == (4, 64, 64, 3)


def test_a_target_can_keep_its_colours() -> None:
    source, target, _ = run(replace(STILL, lightness=30, chroma=8, clahe=50, colour_target=False))
    inner = CROPS[:, 8:72, 8:72, :3] / 255.0
    np.testing.assert_allclose(target, inner, atol=1e-5)
    assert np.abs(source - inner).mean() > 0.01


def test_eyes_and_mouth_ride_along_with_the_target() -> None:
    crops = RNG.integers(0, 255, (4, 80, 80, 8), np.uint8)
    source, target, areas = [t.numpy() for t in augment(batch(crops), SEEDS, STILL)]
    inner = crops[:, 8:72, 8:72] / 255.0
    np.testing.assert_allclose(areas, inner[..., 3:6], atol=1e-5)
    for picture in (source, target):
        np.testing.assert_allclose(picture, inner[..., :3], atol=1e-5)
    turned = augment(batch(crops), SEEDS, replace(STILL, flip=100.0))[2].numpy()
    np.testing.assert_allclose(turned, inner[:, :, ::-1, 3:6], atol=1e-5)


def dotted(points: np.ndarray) -> np.ndarray:
    """A crop (80, 80, 4) with a soft dot at each of the points, in shares of its 64 px."""
    y, x = np.mgrid[:80, :80]
    at = points * 64 + 39.5
    dots = [np.exp(-((x - px) ** 2 + (y - py) ** 2) / 8.0) for px, py in at]
    return np.repeat((np.max(dots, axis=0) * 255)[..., None], 4, axis=2).astype(np.uint8)


def brightest(picture: np.ndarray, near: np.ndarray) -> np.ndarray:
    """The middle of the light within 4 px of a point, in shares of the picture."""
    size = len(picture)
    y, x = np.mgrid[:size, :size]
    px, py = near * size + (size - 1) / 2
    light = picture[..., 0] * ((x - px) ** 2 + (y - py) ** 2 < 16)
    return np.array([(light * x).sum(), (light * y).sum()]) / light.sum() / size - 0.5 + 0.5 / size


def test_a_warp_to_landmarks_carries_them_to_the_others_and_leaves_the_target() -> None:
    own = np.zeros((68, 2), np.float32)
    own[INNER] = (MEAN_FACE - 0.5) * 0.5
    own[:17] = np.linspace((-0.3, 0.35), (0.3, 0.35), 17)
    aim = own * [1.25, 0.85]
    pairs = np.tile(np.stack([own, aim]).astype(np.float32), (20, 1, 1, 1))
    marks = [36, 45, 33, 48, 54]
    crops = np.tile(dotted(own[marks]), (20, 1, 1, 1))
    how = replace(STILL, warp=5 / 256, to_landmarks=True)
    source, target, _ = [t.numpy() for t in augment(batch(crops, pairs), SEEDS, how)]
    np.testing.assert_allclose(target, crops[:, 8:72, 8:72, :3] / 255.0, atol=1e-5)
    for mark in marks:
        found = np.mean([brightest(picture, aim[mark]) for picture in source], axis=0)
        assert np.abs(found - aim[mark]).max() < 0.02, mark
        assert np.abs(own[mark] - aim[mark]).max() > 0.005
    assert np.abs(source[0] - source[1]).max() > 0.05, "each with its own jitter"

    mirrored = augment(batch(crops, pairs), SEEDS, replace(how, flip=100.0))[0].numpy()
    np.testing.assert_allclose(mirrored[:, :, ::-1], source, atol=0.02)
