"""Losses over a face: masks, emphasis on eyes and mouth, several sizes, learnt masks."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
import tensorflow as tf
from train_pictures import pictures, ssim_by_loops

from engine.train import losses
from engine.train.losses import Weighting, parse

TRUTH, GUESS = pictures(32)
MASK = (np.random.default_rng(3).random((2, 32, 32, 1)) > 0.4).astype(np.float32)
PLAIN = Weighting()


def areas() -> np.ndarray:
    """A round face with a soft edge, eyes, one of which reaches out of it, and a mouth."""
    found = np.zeros((1, 32, 32, 3), np.float32)
    face = cv2.circle(np.zeros((32, 32), np.float32), (16, 16), 11, 1.0, -1)
    found[0, ..., 0] = cv2.GaussianBlur(face, (5, 5), 1.0)
    found[0, 10:13, 2:14, 1] = found[0, 10:13, 18:23, 1] = 1.0
    found[0, 20:24, 12:20, 2] = 0.5
    return found


def cost(
    truth: np.ndarray, guess: np.ndarray, where: np.ndarray, text: str, how: Weighting = PLAIN
) -> np.ndarray:
    pair = (tf.constant(x) for x in (truth, guess, where))
    return losses.face_loss(*pair, parse(text), how).numpy()


def test_the_loss_is_the_masked_means() -> None:
    weight = 0.05 + 0.95 * MASK
    maps = np.stack(
        [[ssim_by_loops(TRUTH[f, ..., c], GUESS[f, ..., c])[0] for c in range(3)] for f in range(2)]
    )
    inside = weight[:, 5:-5, 5:-5, 0]
    ssim = ((1 - maps.mean(1)) / 2 * inside).sum((1, 2)) / inside.sum((1, 2))
    squares = ((TRUTH - GUESS) ** 2).mean(-1)
    mse = (squares * weight[..., 0]).sum((1, 2)) / weight.sum((1, 2, 3))
    np.testing.assert_allclose(cost(TRUTH, GUESS, MASK, "ssim, mse:3"), ssim + 3 * mse, rtol=2e-3)


def test_an_error_outside_the_mask_hardly_counts() -> None:
    mask = np.zeros((1, 32, 32, 1), np.float32)
    mask[:, 8:24, 8:24] = 1.0
    inside, outside = TRUTH[:1].copy(), TRUTH[:1].copy()
    inside[:, 10:20, 10:20] += 0.2
    outside[:, :4, :25] += 0.2
    costs = [cost(TRUTH[:1], guess, mask, "ssim, mse") for guess in (inside, outside, TRUTH[:1])]
    assert costs[1] < 0.2 * costs[0]
    assert costs[2] == pytest.approx(0.0, abs=1e-5)


def test_a_small_face_counts_as_much_as_a_large_one() -> None:
    costs = []
    for half in (4, 12):
        mask = np.zeros((1, 32, 32, 1), np.float32)
        mask[:, 16 - half : 16 + half, 16 - half : 16 + half] = 1.0
        costs.append(cost(TRUTH[:1], TRUTH[:1] + 0.1 * mask, mask, "mae")[0])
    assert costs[0] == pytest.approx(0.1, rel=0.5)
    assert costs[1] == pytest.approx(0.1, rel=0.1)


def test_eyes_and_mouth_weigh_as_often_as_they_should_inside_the_face() -> None:
    how = Weighting(eye_multiplier=3.0, mouth_multiplier=2.0)
    face, eyes, mouth = np.moveaxis(areas()[0], -1, 0)
    base = 0.05 + 0.95 * face
    weight = base + face * (2.0 * eyes + 1.0 * mouth)
    errors = np.abs(TRUTH[0] - GUESS[0]).mean(-1)
    expected = (errors * weight).sum() / base.sum()
    got = cost(TRUTH[:1], GUESS[:1], areas(), "mae", how)[0]
    assert got == pytest.approx(expected, rel=1e-5)

    def of_one(row: int, column: int) -> float:
        spot = TRUTH[:1].copy()
        spot[0, row, column] += 0.1
        return float(cost(TRUTH[:1], spot, areas(), "mae", how)[0])

    skin = of_one(16, 16)
    assert of_one(11, 12) == pytest.approx(3.0 * skin, rel=1e-3)
    assert of_one(21, 16) == pytest.approx(1.5 * skin, rel=1e-3)  # a mask of one half
    assert of_one(11, 2) == pytest.approx(0.05 * skin, rel=1e-2)  # an eye outside the face


def test_a_multiplier_of_one_is_no_emphasis() -> None:
    text = "ssim, mse, l_inf, focal_frequency"
    both = (cost(TRUTH[:1], GUESS[:1], where, text) for where in (areas(), areas()[..., :1]))
    np.testing.assert_array_equal(*both)


def test_a_loss_without_a_map_is_taken_of_masked_pictures() -> None:
    how = Weighting(eye_multiplier=4.0, mouth_multiplier=2.0)
    where = areas()
    face, eyes, mouth = (where[..., i : i + 1] for i in range(3))
    d = TRUTH[:1] - GUESS[:1]

    def largest(mask: np.ndarray) -> float:
        return float(np.abs(d * mask).max(axis=(1, 2)).mean())

    expected = largest(0.05 + 0.95 * face) + 3 * largest(face * eyes) + largest(face * mouth)
    got = cost(TRUTH[:1], GUESS[:1], where, "l_inf", how)[0]
    assert got == pytest.approx(expected, rel=1e-5)


def test_where_the_mask_does_not_count_the_whole_picture_does() -> None:
    how = Weighting(penalised=False, eye_multiplier=2.0)
    eyes = areas()[0, ..., 1]
    errors = np.abs(TRUTH[0] - GUESS[0]).mean(-1)
    got = cost(TRUTH[:1], GUESS[:1], areas(), "mae", how)[0]
    assert got == pytest.approx((errors * (1 + eyes)).mean(), rel=1e-5)


def test_a_multiplier_without_its_mask_is_no_silent_one() -> None:
    with pytest.raises(ValueError, match="needs its mask"):
        cost(TRUTH, GUESS, MASK, "mae", Weighting(mouth_multiplier=2.0))


@pytest.mark.parametrize("name", ["ssim", "laplacian", "gradient", "flip", "gmsd"])
def test_every_border_of_a_map_meets_its_mask(name: str) -> None:
    """An error in the one corner that counts costs more than in the other."""
    mask = np.zeros((1, 32, 32, 1), np.float32)
    mask[:, :16, :16] = 1.0
    near, far = (TRUTH[:1].copy() for _ in range(2))
    near[:, 6:12, 6:12] = 1.0 - near[:, 6:12, 6:12]
    far[:, 20:26, 20:26] = 1.0 - far[:, 20:26, 20:26]
    assert cost(TRUTH[:1], near, mask, name) > 3.0 * cost(TRUTH[:1], far, mask, name)


def by_area(x: np.ndarray, side: int) -> np.ndarray:
    return np.stack([cv2.resize(p, (side, side), interpolation=cv2.INTER_AREA) for p in x])


@pytest.mark.parametrize("side", [16, 24, 31])
def test_pictures_are_averaged_down_by_area(side: int) -> None:
    got = losses.reduced(tf.constant(TRUTH), side).numpy()
    np.testing.assert_allclose(got, by_area(TRUTH, side), atol=1e-5)


def test_sizes_add_up() -> None:
    how = Weighting(mouth_multiplier=5.0)
    truth, where = tf.constant(TRUTH[:1]), tf.constant(areas())
    guesses = [tf.constant(by_area(GUESS[:1], side)) for side in (16, 24, 32)]
    got = losses.multiscale(truth, where, guesses, parse("mae, smooth"), how).numpy()
    each = [
        cost(by_area(TRUTH[:1], side), by_area(GUESS[:1], side), by_area(areas(), side), text, how)
        for side in (16, 24, 32)
        for text in ("mae", "smooth")
    ]
    np.testing.assert_allclose(got, np.sum(each, axis=0), rtol=1e-4)
    with pytest.raises(ValueError, match="can't be averaged down"):
        losses.reduced(truth, 64)


@pytest.mark.parametrize(("kind", "of"), [("mse", np.square), ("mae", np.abs)])
def test_a_learnt_mask_costs_every_pixel_alike(
    kind: str, of: Callable[[np.ndarray], np.ndarray]
) -> None:
    guess = np.clip(MASK + 0.1, 0, 1).astype(np.float32)
    got = losses.mask_loss(tf.constant(MASK), tf.constant(guess), kind).numpy()
    np.testing.assert_allclose(got, of(MASK - guess).mean(axis=(1, 2, 3)), rtol=1e-5)


def test_one_compiled_step_gives_the_same() -> None:
    @tf.function(autograph=False)
    def compiled(truth: tf.Tensor, guess: tf.Tensor, where: tf.Tensor) -> tf.Tensor:
        return losses.face_loss(truth, guess, where, parse(text), Weighting())

    text = "flip, ms_ssim, focal_frequency:2, laplacian"
    got = compiled(*(tf.constant(x) for x in (TRUTH, GUESS, MASK))).numpy()
    np.testing.assert_allclose(got, cost(TRUTH, GUESS, MASK, text), rtol=1e-3)
