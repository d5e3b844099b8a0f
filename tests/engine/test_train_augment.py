"""Augmentation: identity when off, flip, determinism, what moves and what doesn't."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import tensorflow as tf

from engine.train.augment import Augmentation, augment, plain

OFF = Augmentation(
    80, 8, 64, 64, rotation=0.0, zoom=0.0, shift=0.0, flip=0.0, colour=False, warp=0.0
)
RNG = np.random.default_rng(1)
CROPS = RNG.integers(0, 255, (4, 80, 80, 4), np.uint8)
SEEDS = tf.constant([[1, 4], [1, 6]])


def run(how: Augmentation, seeds: tf.Tensor = SEEDS) -> list[np.ndarray]:
    return [t.numpy() for t in augment(tf.constant(CROPS), seeds, how)]


def test_with_everything_off_the_crop_comes_out() -> None:
    source, target, mask = run(OFF)
    inner = CROPS[:, 8:72, 8:72] / 255.0
    for got, want in ((source, inner[..., :3]), (target, inner[..., :3]), (mask, inner[..., 3:])):
        np.testing.assert_allclose(got, want, atol=1e-5)


def test_a_flip_mirrors_input_target_and_mask() -> None:
    source, target, mask = run(replace(OFF, flip=100.0))
    inner = CROPS[:, 8:72, 8:72][:, :, ::-1] / 255.0
    for got, want in ((source, inner[..., :3]), (target, inner[..., :3]), (mask, inner[..., 3:])):
        np.testing.assert_allclose(got, want, atol=1e-5)


def test_flips_come_with_their_chance() -> None:
    crops = tf.constant(np.repeat(CROPS[:1], 200, axis=0))
    seeds = tf.constant([[1, 4], [1, 6]])
    source = augment(crops, seeds, replace(OFF, flip=30.0))[0].numpy()
    unturned = CROPS[0, 8:72, 8:72, :3] / 255.0
    share = np.mean([not np.allclose(s, unturned, atol=1e-4) for s in source])
    assert 0.2 < share < 0.4


def test_only_the_input_is_warped() -> None:
    source, target, _ = run(replace(OFF, warp=5 / 256))
    inner = CROPS[:, 8:72, 8:72, :3] / 255.0
    np.testing.assert_allclose(target, inner, atol=1e-5)
    assert np.abs(source - inner).mean() > 0.01


def test_rotation_takes_the_target_along() -> None:
    smooth = np.zeros((2, 80, 80, 4), np.uint8)
    smooth[:, 20:40, 30:50] = 200
    moved = replace(OFF, rotation=20.0, shift=5.0, zoom=5.0)
    source, target, mask = augment(tf.constant(smooth), SEEDS, moved)
    np.testing.assert_allclose(source.numpy(), target.numpy(), atol=1e-5)
    np.testing.assert_allclose(target.numpy()[..., :1], mask.numpy(), atol=1e-5)
    assert np.abs(mask.numpy()[..., 0] - smooth[:, 8:72, 8:72, 3] / 255.0).max() > 0.3


def test_colour_changes_both_alike_and_never_the_mask() -> None:
    source, target, mask = run(replace(OFF, colour=True))
    inner = CROPS[:, 8:72, 8:72] / 255.0
    np.testing.assert_allclose(source, target, atol=1e-6)
    np.testing.assert_allclose(mask, inner[..., 3:], atol=1e-5)
    assert np.abs(target - inner[..., :3]).mean() > 0.01
    assert target.min() >= 0.0
    assert target.max() <= 1.0


def test_light_moves_within_its_bounds() -> None:
    grey = tf.constant(np.full((400, 16, 16, 4), 128, np.uint8))
    how = Augmentation(16, 0, 16, 16, rotation=0, zoom=0, shift=0, flip=0, colour=True, warp=0)
    target = augment(grey, SEEDS, how)[1].numpy().mean(axis=(1, 2))
    luma = target @ np.array([0.299, 0.587, 0.114])
    v = 128 / 255
    assert v * 0.7 - 0.01 < luma.min() < v * 0.75
    assert v + (1 - v) * 0.25 < luma.max() < v + (1 - v) * 0.3 + 0.01


def test_the_same_seed_gives_the_same_batch_and_sides_differ() -> None:
    how = Augmentation(80, 8, 64, 96)
    first, again = run(how), run(how)
    for a, b in zip(first, again, strict=True):
        assert np.array_equal(a, b)
    other = run(how, tf.constant([[1, 8], [1, 10]]))
    assert not np.allclose(first[0], other[0])
    twice = tf.constant(np.concatenate([CROPS[:2], CROPS[:2]]))
    source = augment(twice, SEEDS, how)[0].numpy()
    assert not np.allclose(source[:2], source[2:])


def test_input_and_target_sizes() -> None:
    source, target, mask = run(Augmentation(80, 8, 32, 64))
    assert source.shape == (4, 32, 32, 3)
    assert target.shape == (4, 64, 64, 3)
    assert mask.shape == (4, 64, 64, 1)


def test_plain_is_the_crop_without_its_margin() -> None:
    inputs, shown = plain(tf.constant(CROPS), OFF)
    np.testing.assert_allclose(shown.numpy(), CROPS[:, 8:72, 8:72, :3] / 255.0, atol=1e-5)
    assert inputs.shape == (4, 64, 64, 3)


def test_a_target_can_keep_its_colours() -> None:
    source, target, _ = run(replace(OFF, colour=True, colour_target=False))
    inner = CROPS[:, 8:72, 8:72, :3] / 255.0
    np.testing.assert_allclose(target, inner, atol=1e-5)
    assert np.abs(source - inner).mean() > 0.01
