"""The learning rate over a training."""

from __future__ import annotations

import pytest

from engine.train.schedule import LEAST, WARM_UP, learning_rate


def test_rises_at_the_start() -> None:
    assert learning_rate(1.0, 1, 0.0, False) == pytest.approx(1 / WARM_UP)
    assert learning_rate(1.0, WARM_UP, 0.0, False) == 1.0


def test_constant_without_decay() -> None:
    assert learning_rate(5e-5, 10_000, 0.99, False) == 5e-5


def test_decay_ends_at_the_least_share_and_stays_there() -> None:
    rates = [learning_rate(1.0, 1000, part, True) for part in (0.0, 0.25, 0.5, 0.75, 1.0, 1.5)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] == 1.0
    assert rates[2] == pytest.approx((1 + LEAST) / 2)
    assert rates[-1] == rates[-2] == pytest.approx(LEAST)
