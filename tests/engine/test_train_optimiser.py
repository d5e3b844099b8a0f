"""The way of gradients into the weights: what is off, summing, skipping, saving."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from engine.errors import Damaged
from engine.train import optimisers
from engine.train.clipping import Clipping
from engine.train.optimiser import Optimiser, Plan

RNG = np.random.default_rng(4)
X = RNG.normal(size=(12, 5)).astype(np.float32)
Y = RNG.normal(size=(12, 2)).astype(np.float32)
RATE = 0.05
FULL = Plan(
    rule="adamw",
    clipping=Clipping("autoclip", percentile=60.0, history=4),
    accumulate=3,
    average=0.9,
    loss_scale=True,
)


class Training:
    """A plain network of two layers on fixed numbers, stepped as the trainer does."""

    def __init__(self, plan: Plan) -> None:
        rng = np.random.default_rng(1)
        shapes = {"one/kernel": (5, 4), "one/bias": (4,), "two/kernel": (4, 2)}
        self.weights = {
            n: tf.Variable(rng.normal(size=s).astype(np.float32)) for n, s in shapes.items()
        }
        self.optimiser = Optimiser(self.weights, plan)
        self.step = tf.function(self._step, autograph=False)

    def _step(self, x: Any, y: Any) -> Any:
        w = self.weights
        with tf.GradientTape() as tape:
            inner = tf.tanh(x @ w["one/kernel"] + w["one/bias"])
            loss = tf.reduce_mean((inner @ w["two/kernel"] - y) ** 2)
            scaled = self.optimiser.scaled(loss)
        return self.optimiser.apply(tape.gradient(scaled, w), tf.constant(RATE))

    def steps(self, first: int, last: int) -> None:
        """Iterations over batches of two."""
        for i in range(first, last):
            rows = slice(2 * (i % 6), 2 * (i % 6) + 2)
            self.step(tf.constant(X[rows]), tf.constant(Y[rows]))

    def arrays(self) -> dict[str, np.ndarray]:
        return {n: v.numpy() for n, v in self.weights.items()}

    def resumed(self, plan: Plan, iteration: int) -> Training:
        """A new training that takes up what this one would save."""
        again = Training(plan)
        for name, array in self.arrays().items():
            again.weights[name].assign(array)
        slots = {n: v.numpy() for n, v in self.optimiser.slots.items()}
        average = self.optimiser.average
        again.optimiser.set_slots(slots, iteration, average.arrays() if average else None)
        return again


def same(a: Training, b: Training) -> None:
    for name, array in a.arrays().items():
        np.testing.assert_array_equal(b.arrays()[name], array)


def test_with_everything_off_the_step_holds_the_fused_updates_and_a_count() -> None:
    training = Training(Plan())
    zeros = {n: tf.zeros(v.shape) for n, v in training.weights.items()}
    apply = tf.function(training.optimiser.apply, autograph=False)
    graph = apply.get_concrete_function(zeros, tf.constant(RATE)).graph
    kinds = Counter(op.type for op in graph.get_operations())
    free = {"Placeholder", "Const", "Identity", "NoOp", "ReadVariableOp"}
    work = {kind: n for kind, n in kinds.items() if kind not in free}
    assert work == {"ResourceApplyAdam": 3, "Pow": 2, "AssignAddVariableOp": 1}


def test_several_small_steps_are_one_large_one() -> None:
    small, large = Training(Plan(accumulate=6)), Training(Plan())
    for _ in range(3):
        small.steps(0, 6)
        large.step(tf.constant(X), tf.constant(Y))
    for name, array in large.arrays().items():
        np.testing.assert_allclose(small.arrays()[name], array, rtol=1e-4, atol=1e-6)
    assert float(small.optimiser.updates) == 3.0


def test_weights_rest_until_the_sum_is_whole() -> None:
    training = Training(Plan(accumulate=3))
    before = training.arrays()
    training.steps(0, 2)
    np.testing.assert_array_equal(training.arrays()["one/kernel"], before["one/kernel"])
    training.steps(2, 3)
    assert not np.array_equal(training.arrays()["one/kernel"], before["one/kernel"])


@pytest.mark.parametrize("plan", [Plan(), Plan(accumulate=3), FULL], ids=["plain", "sums", "full"])
@pytest.mark.parametrize("stop", [6, 7, 8])
def test_a_training_goes_on_exactly_where_it_was_stopped(plan: Plan, stop: int) -> None:
    whole = Training(plan)
    whole.steps(0, stop)
    again = whole.resumed(plan, stop)
    for training in (whole, again):
        training.steps(stop, 14)
    same(whole, again)
    if whole.optimiser.average and again.optimiser.average:
        for name, array in whole.optimiser.average.arrays().items():
            np.testing.assert_array_equal(again.optimiser.average.arrays()[name], array)


def test_an_adam_training_from_before_the_count_was_kept_goes_on() -> None:
    whole = Training(Plan())
    whole.steps(0, 5)
    again = Training(Plan())
    for name, array in whole.arrays().items():
        again.weights[name].assign(array)
    old = {n: v.numpy() for n, v in whole.optimiser.slots.items() if n[-2:] in ("/m", "/v")}
    assert len(old) == 6
    again.optimiser.set_slots(old, 5, None)
    for training in (whole, again):
        training.steps(5, 8)
    same(whole, again)


def test_what_is_turned_on_later_begins_afresh_and_what_is_off_is_let_go() -> None:
    plain = Training(Plan("adamw"))
    plain.steps(0, 4)
    full = plain.resumed(FULL, 4)
    average = full.optimiser.average
    assert average is not None
    np.testing.assert_array_equal(average.arrays()["one/bias"], plain.arrays()["one/bias"])
    full.steps(4, 7)
    assert float(full.optimiser.updates) == 5.0
    again = full.resumed(Plan("adamw"), 7)
    again.steps(7, 8)
    assert float(again.optimiser.updates) == 6.0


def test_going_back_to_before_a_part_was_on_leaves_nothing_of_it() -> None:
    plain = Training(Plan("adamw"))
    plain.steps(0, 4)
    saved = {n: v.numpy().copy() for n, v in plain.optimiser.slots.items()}
    back, never = plain.resumed(FULL, 4), plain.resumed(FULL, 4)
    back.steps(4, 9)
    for name, array in never.arrays().items():
        back.weights[name].assign(array)
    back.optimiser.set_slots(saved, 4, None)
    for training in (back, never):
        training.steps(4, 12)
    same(back, never)


def test_moments_of_another_rule_are_refused() -> None:
    training = Training(Plan("adam"))
    for rule in ("lion", "adamax", "rmsprop"):
        with pytest.raises(Damaged, match="doesn't fit the optimiser"):
            training.resumed(Plan(rule), 0)
    more = optimisers.options("adam", amsgrad=True)
    with pytest.raises(Damaged, match="doesn't fit the optimiser"):
        training.resumed(Plan("adam", more), 0)


def test_only_matrices_decay() -> None:
    plan = Plan("adamw", optimisers.options("adamw", weight_decay=0.5))
    variables = {n: tf.Variable(tf.ones(s)) for n, s in (("a/kernel", [2, 2]), ("a/bias", [2]))}
    variables["b/bias"] = tf.Variable(tf.ones([2, 2]))
    zeros = {n: tf.zeros(v.shape) for n, v in variables.items()}
    Optimiser(variables, plan).apply(zeros, tf.constant(0.1))
    assert {n: float(tf.reduce_mean(v)) for n, v in variables.items()} == pytest.approx(
        {"a/kernel": 0.95, "a/bias": 1.0, "b/bias": 1.0}
    )


def test_weights_without_a_gradient_stay() -> None:
    variables = {n: tf.Variable(tf.ones([2, 2])) for n in ("a/kernel", "b/kernel")}
    optimiser = Optimiser(variables, Plan(accumulate=2))
    for _ in range(2):
        optimiser.apply({"a/kernel": tf.ones([2, 2])}, tf.constant(0.1))
    assert float(variables["b/kernel"][0, 0]) == 1.0
    assert float(variables["a/kernel"][0, 0]) == pytest.approx(0.9)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("plan", [Plan(skip_bad=True), FULL], ids=["skip", "full"])
def test_a_step_that_is_no_number_leaves_no_trace(bad: float, plan: Plan) -> None:
    with_it, without = Training(plan), Training(plan)
    for training in (with_it, without):
        training.steps(0, 4)
    spoilt = X[:2].copy()
    spoilt[1, 3] = bad
    assert not bool(with_it.step(tf.constant(spoilt), tf.constant(Y[:2])))
    assert float(with_it.optimiser.skipped) == 1.0
    for training in (with_it, without):
        training.steps(4, 9)
    # the scale is halved, which no product of powers of two can show in a float32
    same(with_it, without)
    assert float(with_it.optimiser.skipped) == 0.0


def test_without_the_check_what_is_no_number_is_seen() -> None:
    training = Training(Plan())
    assert bool(training.step(tf.constant(X[:2] * np.nan), tf.constant(Y[:2])))
    assert np.isnan(training.arrays()["one/kernel"]).any()
