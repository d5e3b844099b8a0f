"""Pictures for the losses: smooth noise, a disturbed copy of it, and extremes."""

from __future__ import annotations

import cv2
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.train import losses

Pictures = NDArray[np.float32]


def pictures(size: int, count: int = 2, seed: int = 3) -> tuple[Pictures, Pictures]:
    """Truth and guess, (count, size, size, 3) in 0..1."""
    rng = np.random.default_rng(seed)
    noise = rng.random((count, size, size, 3)).astype(np.float32)
    truth = np.stack([cv2.GaussianBlur(n, (5, 5), 1.5) for n in noise])
    truth = np.clip((truth - 0.5) * 2.0 + 0.5, 0, 1)
    guess = np.clip(truth + rng.normal(0, 0.05, truth.shape), 0, 1)
    return truth.astype(np.float32), guess.astype(np.float32)


def extremes(size: int) -> dict[str, tuple[Pictures, Pictures]]:
    """Pairs of pictures where a root, a power or a quotient could be no number."""
    truth, _ = pictures(size, 1)
    black, white = np.zeros_like(truth), np.ones_like(truth)
    grey = black + np.float32(0.5)
    return {
        "identical": (truth, truth.copy()),
        "black": (black, black.copy()),
        "white": (white, white.copy()),
        "flat": (grey, grey.copy()),
        "opposite": (black, white),
        "negative": (truth, 1.0 - truth),
        "flat and not": (grey, truth),
        "nearly": (grey, grey + np.float32(1e-7)),
    }


def learnt(name: str, truth: Pictures, guess: Pictures) -> tuple[Pictures, Pictures]:
    """What a guess costs, and the gradient of the sum by the guess."""
    predicted = tf.constant(guess)
    with tf.GradientTape() as tape:
        tape.watch(predicted)
        cost = losses.load(name).loss(tf.constant(truth), predicted)
    return cost.numpy(), tape.gradient(cost, predicted).numpy()


def ssim_by_loops(
    x: np.ndarray, y: np.ndarray, side: int = 11
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """SSIM of one channel, and its part without luminance, window by window, by definition."""
    offsets = np.arange(side) - side // 2
    line = np.exp(-(offsets**2) / 4.5)
    window = np.outer(line, line) / np.outer(line, line).sum()
    whole = np.zeros((x.shape[0] - side + 1, x.shape[1] - side + 1))
    structure = whole.copy()
    for row, column in np.ndindex(*whole.shape):
        a = x[row : row + side, column : column + side].astype(np.float64)
        b = y[row : row + side, column : column + side].astype(np.float64)
        mean_a, mean_b = (window * a).sum(), (window * b).sum()
        var_a = (window * (a - mean_a) ** 2).sum()
        var_b = (window * (b - mean_b) ** 2).sum()
        both = (window * (a - mean_a) * (b - mean_b)).sum()
        structure[row, column] = (2 * both + 9e-4) / (var_a + var_b + 9e-4)
        light = (2 * mean_a * mean_b + 1e-4) / (mean_a**2 + mean_b**2 + 1e-4)
        whole[row, column] = light * structure[row, column]
    return whole, structure
