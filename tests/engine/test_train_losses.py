"""SSIM, pixel losses and Adam against computations in NumPy that share no code with them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import tensorflow as tf

from engine.train import losses
from engine.train.optimiser import BETA_1, BETA_2, EPSILON, Adam

RNG = np.random.default_rng(3)
TRUTH = cv2.GaussianBlur(RNG.random((32, 32, 6)).astype(np.float32), (5, 5), 1.5)
TRUTH = np.moveaxis(TRUTH.reshape(32, 32, 2, 3), 2, 0)
GUESS = np.clip(TRUTH + RNG.normal(0, 0.05, TRUTH.shape), 0, 1).astype(np.float32)
MASK = (RNG.random((2, 32, 32, 1)) > 0.4).astype(np.float32)


def ssim_by_loops(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """SSIM of one channel, window by window, from the definition."""
    offsets = np.arange(11) - 5.0
    line = np.exp(-(offsets**2) / 4.5)
    window = np.outer(line, line) / np.outer(line, line).sum()
    out = np.zeros((x.shape[0] - 10, x.shape[1] - 10))
    for row, column in np.ndindex(*out.shape):
        a = x[row : row + 11, column : column + 11].astype(np.float64)
        b = y[row : row + 11, column : column + 11].astype(np.float64)
        mean_a, mean_b = (window * a).sum(), (window * b).sum()
        var_a = (window * (a - mean_a) ** 2).sum()
        var_b = (window * (b - mean_b) ** 2).sum()
        both = (window * (a - mean_a) * (b - mean_b)).sum()
        out[row, column] = ((2 * mean_a * mean_b + 1e-4) * (2 * both + 9e-4)) / (
            (mean_a**2 + mean_b**2 + 1e-4) * (var_a + var_b + 9e-4)
        )
    return out


def test_ssim_is_the_definition() -> None:
    ours = losses.ssim_map(tf.constant(TRUTH), tf.constant(GUESS)).numpy()
    for face in range(2):
        for channel in range(3):
            theirs = ssim_by_loops(TRUTH[face, ..., channel], GUESS[face, ..., channel])
            np.testing.assert_allclose(ours[face, ..., channel], theirs, atol=2e-4)


def test_face_loss_is_the_masked_means() -> None:
    weight = 0.05 + 0.95 * MASK
    maps = np.stack(
        [[ssim_by_loops(TRUTH[f, ..., c], GUESS[f, ..., c]) for c in range(3)] for f in range(2)]
    )
    inside = weight[:, 5:-5, 5:-5, 0]
    ssim = ((1 - maps.mean(1)) / 2 * inside).sum((1, 2)) / inside.sum((1, 2))
    squares = ((TRUTH - GUESS) ** 2).mean(-1)
    mse = (squares * weight[..., 0]).sum((1, 2)) / weight.sum((1, 2, 3))
    got = losses.face_loss(
        tf.constant(TRUTH), tf.constant(GUESS), tf.constant(MASK), {"ssim": 1.0, "mse": 3.0}
    )
    np.testing.assert_allclose(got.numpy(), ssim + 3.0 * mse, rtol=2e-3)


def test_an_error_outside_the_mask_hardly_counts() -> None:
    mask = np.zeros((1, 32, 32, 1), np.float32)
    mask[:, 8:24, 8:24] = 1.0
    inside, outside = TRUTH[:1].copy(), TRUTH[:1].copy()
    inside[:, 10:20, 10:20] += 0.2
    outside[:, :4, :25] += 0.2
    weights = {"ssim": 1.0, "mse": 1.0}

    def cost(guess: np.ndarray) -> float:
        truth = tf.constant(TRUTH[:1])
        return float(losses.face_loss(truth, tf.constant(guess), tf.constant(mask), weights)[0])

    assert cost(outside) < 0.2 * cost(inside)
    assert cost(TRUTH[:1]) == pytest.approx(0.0, abs=1e-5)


def test_adam_is_the_paper() -> None:
    start = RNG.normal(size=(7, 3)).astype(np.float32)
    variable = tf.Variable(start)
    adam = Adam({"w": variable})
    w, m, v = start.astype(np.float64), np.zeros((7, 3)), np.zeros((7, 3))
    for step in range(1, 6):
        gradient = RNG.normal(size=(7, 3)).astype(np.float32)
        adam.apply({"w": tf.constant(gradient)}, tf.constant(step), tf.constant(0.01))
        m = BETA_1 * m + (1 - BETA_1) * gradient
        v = BETA_2 * v + (1 - BETA_2) * gradient.astype(np.float64) ** 2
        rate = 0.01 * np.sqrt(1 - BETA_2**step) / (1 - BETA_1**step)
        w -= rate * m / (np.sqrt(v) + EPSILON)
    np.testing.assert_allclose(variable.numpy(), w, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(adam.slots["w/m"].numpy(), m, rtol=1e-4, atol=1e-6)
