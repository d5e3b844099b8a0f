"""When a training counts as run away, and when it does not."""

from __future__ import annotations

import numpy as np
import pytest

from engine.train.health import PATIENCE, Health, RanAway


def fed(health: Health, losses: list[float], first: int = 0, steps: int = 10) -> int:
    """Take losses in, one for each `steps` iterations; the iteration reached."""
    for number, loss in enumerate(losses, 1):
        health.take(first + number * steps, loss, 0.1, steps)
    return first + len(losses) * steps


def test_what_is_no_number_is_told_at_once() -> None:
    for bad in (float("nan"), float("inf")):
        with pytest.raises(RanAway, match="no numbers any more"):
            Health().take(10, 0.1, bad, 10)


def test_falling_losses_are_well() -> None:
    health = Health()
    fed(health, [0.5 * 0.98**n for n in range(300)])
    assert not health.doubtful


def test_a_short_rise_is_doubted_and_forgiven() -> None:
    health = Health()
    reached = fed(health, [0.1] * 50)
    reached = fed(health, [0.9] * 20, reached)
    assert health.doubtful
    fed(health, [0.1] * 30, reached)
    assert not health.doubtful


def test_losses_that_stay_high_are_a_collapse() -> None:
    health = Health()
    reached = fed(health, [0.1] * 50)
    with pytest.raises(RanAway, match="above 4 times their best"):
        fed(health, [0.9] * (PATIENCE // 10 + 2), reached)
    # The weights that it went back to are judged by the same best.
    health.begin_again()
    assert not health.doubtful
    health.take(reached, 0.9, 0.1, 10)
    assert health.doubtful
    health.forget()
    health.take(reached, 0.9, 0.1, 10)
    assert not health.doubtful


def test_three_times_the_best_is_no_collapse() -> None:
    health = Health()
    fed(health, [0.3] * 200, fed(health, [0.1] * 50))
    assert not health.doubtful


def test_faces_that_were_alive_and_turn_flat_are_a_collapse() -> None:
    rng = np.random.default_rng(1)
    real = rng.random((2, 16, 16, 3)).astype(np.float32)
    flat = np.full_like(real, 0.5)
    health = Health()
    health.look([real, real], [flat, flat])  # an untrained network paints grey: no collapse yet
    health.look([real, real], [real, real])
    with pytest.raises(RanAway, match="side B are painted as a flat colour"):
        health.look([real, real], [real, flat + np.float32(np.nan)])
