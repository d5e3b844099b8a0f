"""Small sets of a model for tests: two weights, their moments, no network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from engine.train import checkpoint
from engine.train.checkpoint import Recipe, TrainState

WEIGHTS = {
    "encoder/conv_1/kernel": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
    "encoder/conv_1/bias": np.array([1.5, -0.0], np.float32),
}
SLOTS = {f"{n}/{s}": w + 1 for n, w in WEIGHTS.items() for s in "mv"}
AVERAGE = {n: 3.0 * w for n, w in WEIGHTS.items()}
SHAPES = {n: list(w.shape) for n, w in WEIGHTS.items()}
RECIPE = Recipe(1, "quick", {}, 64, 96, "face", 87.5, "extended", SHAPES)


def state(iteration: int, loss: float | None = None, **more: Any) -> TrainState:
    """Counters with the same loss for both sides."""
    saved = "2026-01-01T00:00:00+00:00"
    return TrainState(1, iteration, 7, 3.5, saved, loss_a=loss, loss_b=loss, **more)


def save(
    model: Path,
    iteration: int,
    keep: int = 2,
    loss: float | None = None,
    average: checkpoint.Arrays | None = None,
) -> Path:
    """Write a set."""
    return checkpoint.save(model, RECIPE, state(iteration, loss), WEIGHTS, SLOTS, keep, average)


def no_warning(text: str) -> None:
    """For `load`: nothing is wrong with any set."""
    raise AssertionError(text)
