"""The learning rate over a training."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.train.schedule import LEAST, SLOWEST, WARM_UP, Schedule, learning_rate, slower

parts = st.floats(0.0, 1.0)
iterations = st.integers(1, 10_000_000)
schedules = st.builds(
    Schedule,
    kind=st.sampled_from(["constant", "cosine", "step"]),
    warm_up=st.integers(0, 5000),
    least=parts,
    factor=st.floats(0.01, 1.0),
    every=st.integers(1, 1_000_000),
)


@given(schedules, iterations, parts, st.floats(SLOWEST, 1.0))
def test_is_a_number_never_below_nothing_nor_above_the_full_rate(
    how: Schedule, iteration: int, part: float, slowed: float
) -> None:
    rate = learning_rate(0.1, iteration, part, how, slowed)
    assert 0.0 <= rate <= 0.1 * slowed * (1 + 1e-9)
    assert rate == pytest.approx(slowed * learning_rate(0.1, iteration, part, how))


@given(schedules, iterations, iterations, parts, parts)
def test_falls_or_stays_once_it_is_warm(how: Schedule, i: int, j: int, p: float, q: float) -> None:
    earlier, later = (how.warm_up + n for n in sorted((i, j)))
    first, last = sorted((p, q))
    before = learning_rate(1.0, earlier, first, how)
    assert learning_rate(1.0, later, last, how) <= before + 1e-12


@given(st.integers(1, 5000), iterations)
def test_rises_in_a_line_at_the_start(warm_up: int, iteration: int) -> None:
    rate = learning_rate(1.0, iteration, 0.0, Schedule(warm_up=warm_up))
    assert rate == pytest.approx(min(1.0, iteration / warm_up))


def test_by_itself_it_is_constant_after_a_short_rise() -> None:
    assert learning_rate(1.0, 1, 0.0, Schedule()) == pytest.approx(1 / WARM_UP)
    assert learning_rate(5e-5, 10_000, 0.99, Schedule()) == 5e-5
    assert learning_rate(1.0, 1, 0.0, Schedule(warm_up=0)) == 1.0


@given(parts, st.floats(0.0, 1.0))
def test_a_cosine_leads_from_the_full_rate_to_its_share(part: float, least: float) -> None:
    how = Schedule("cosine", 0, least)
    assert learning_rate(1.0, 9, 0.0, how) == 1.0
    assert learning_rate(1.0, 9, 0.5, how) == pytest.approx((1 + least) / 2)
    assert learning_rate(1.0, 9, 1.0, how) == learning_rate(1.0, 9, 1.5, how)
    assert learning_rate(1.0, 9, 1.0, how) == pytest.approx(least)
    down, up = (learning_rate(1.0, 9, p, how) for p in (part, 1.0 - part))
    assert down + up == pytest.approx(1.0 + least)  # symmetric about its middle


def test_a_cosine_leaves_a_hundredth_by_itself() -> None:
    assert learning_rate(1.0, 1000, 1.0, Schedule("cosine")) == pytest.approx(LEAST)


@given(st.integers(1, 10_000), st.floats(0.1, 1.0), st.integers(0, 20))
def test_steps_come_every_so_many_iterations(every: int, factor: float, steps: int) -> None:
    how = Schedule("step", 0, factor=factor, every=every)
    first, last = every * steps + 1, every * (steps + 1)
    for iteration in (first, last):
        assert learning_rate(1.0, iteration, 0.0, how) == pytest.approx(factor**steps)


def test_is_lowered_by_halves_and_never_to_nothing() -> None:
    slowed = [1.0]
    while slowed[-1] > SLOWEST:
        slowed.append(slower(slowed[-1]))
    assert slowed[:3] == [1.0, 0.5, 0.25]
    assert slower(SLOWEST) == SLOWEST > 0.0
    assert len(slowed) == 1 - math.log2(SLOWEST)
