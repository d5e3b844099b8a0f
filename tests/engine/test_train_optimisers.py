"""Each update rule against one that shares no code with it: Keras' of its name, or NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from engine.errors import BadInput
from engine.train import optimisers
from engine.train.optimiser import Optimiser, Plan

STEPS = 8
RATE = 0.02
RNG = np.random.default_rng(5)
START = {
    "dense/kernel": RNG.normal(size=(7, 3)).astype(np.float32),
    "dense/bias": RNG.normal(size=3).astype(np.float32),
}
GRADIENTS = [
    {n: RNG.normal(0.1, 1.0, w.shape).astype(np.float32) for n, w in START.items()}
    for _ in range(STEPS)
]


def ours(rule: str, **given: float | bool) -> dict[str, np.ndarray]:
    """The weights after the steps, compiled as in training."""
    variables = {n: tf.Variable(w) for n, w in START.items()}
    optimiser = Optimiser(variables, Plan(rule, optimisers.options(rule, **given)))
    step = tf.function(lambda g: optimiser.apply(g, tf.constant(RATE)))
    for gradients in GRADIENTS:
        step({n: tf.constant(g) for n, g in gradients.items()})
    return {n: v.numpy() for n, v in variables.items()}


def theirs(optimiser: Any) -> dict[str, np.ndarray]:
    variables = {n: keras.Variable(w, name=n.replace("/", "_")) for n, w in START.items()}
    optimiser.build(list(variables.values()))
    optimiser.exclude_from_weight_decay(var_list=[variables["dense/bias"]])
    for gradients in GRADIENTS:
        optimiser.apply([tf.constant(g) for g in gradients.values()], list(variables.values()))
    return {n: v.numpy() for n, v in variables.items()}


def both(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> None:
    for name in START:
        np.testing.assert_allclose(a[name], b[name], rtol=2e-5, atol=2e-6)


KERAS: dict[str, tuple[str, dict[str, Any], Callable[[], Any]]] = {
    "adam as it is": (
        "adam",
        {},
        lambda: keras.optimizers.Adam(RATE, beta_1=0.5, beta_2=0.99, epsilon=1e-7),
    ),
    "adam with options": (
        "adam",
        {"beta_1": 0.9, "beta_2": 0.8, "epsilon": 1e-2},
        lambda: keras.optimizers.Adam(RATE, beta_1=0.9, beta_2=0.8, epsilon=1e-2),
    ),
    "amsgrad": (
        "adam",
        {"amsgrad": True, "beta_2": 0.5},
        lambda: keras.optimizers.Adam(RATE, beta_1=0.5, beta_2=0.5, amsgrad=True),
    ),
    "adamw": (
        "adamw",
        {},
        lambda: keras.optimizers.AdamW(RATE, weight_decay=0.01, epsilon=1e-8),
    ),
    "adamw with amsgrad": (
        "adamw",
        {"amsgrad": True, "weight_decay": 0.3},
        lambda: keras.optimizers.AdamW(RATE, weight_decay=0.3, epsilon=1e-8, amsgrad=True),
    ),
    "nadam": ("nadam", {}, lambda: keras.optimizers.Nadam(RATE)),
    "adamax": ("adamax", {}, lambda: keras.optimizers.Adamax(RATE)),
    "rmsprop": ("rmsprop", {}, lambda: keras.optimizers.RMSprop(RATE)),
    "rmsprop with momentum": (
        "rmsprop",
        {"beta_1": 0.7, "beta_2": 0.95},
        lambda: keras.optimizers.RMSprop(RATE, rho=0.95, momentum=0.7),
    ),
    "lion": ("lion", {}, lambda: keras.optimizers.Lion(RATE)),
    "lion that decays": (
        "lion",
        {"weight_decay": 0.2},
        lambda: keras.optimizers.Lion(RATE, weight_decay=0.2),
    ),
}


@pytest.mark.parametrize("case", KERAS)
def test_a_rule_is_keras_rule_of_its_name(case: str) -> None:
    rule, given, keras_optimiser = KERAS[case]
    both(ours(rule, **given), theirs(keras_optimiser()))


@pytest.mark.parametrize("epsilon", [1e-16, 1e-3])
def test_adabelief_is_the_paper(epsilon: float) -> None:
    want = {}
    for name, start in START.items():
        w = start.astype(np.float64)
        m, s = np.zeros_like(w), np.zeros_like(w)
        for t, gradients in enumerate(GRADIENTS, 1):
            g = gradients[name].astype(np.float64)
            m = 0.9 * m + 0.1 * g
            s = 0.999 * s + 0.001 * (g - m) ** 2 + epsilon
            w -= RATE * m / (1 - 0.9**t) / (np.sqrt(s / (1 - 0.999**t)) + epsilon)
        want[name] = w
    both(ours("adabelief", epsilon=epsilon), want)


@pytest.mark.parametrize("count", [1, 2, 50, 599, 600, 601, 900])
def test_nadams_product_needs_no_memory(count: int) -> None:
    factors = 0.999 * (1.0 - 0.5 * 0.96 ** np.arange(1, count + 1))
    got = float(optimisers.load("nadam").product(tf.constant(float(count)), 0.999))
    assert got == pytest.approx(np.prod(factors), rel=1e-4)


@pytest.mark.parametrize("rule", optimisers.names())
def test_every_rule_goes_downhill(rule: str) -> None:
    variables = {"w/kernel": tf.Variable([[3.0, -2.0]])}
    optimiser = Optimiser(variables, Plan(rule))
    for _ in range(60):
        w = variables["w/kernel"]
        optimiser.apply({"w/kernel": 2.0 * w.read_value()}, tf.constant(0.05))
    assert np.abs(variables["w/kernel"].numpy()).max() < 2.0


@pytest.mark.parametrize("rule", [*optimisers.names(), "adam with amsgrad"])
def test_every_rule_can_be_compiled_by_xla(rule: str) -> None:
    name = rule.split()[0]
    options = optimisers.options(name, amsgrad=True if name != rule else None)
    ends = []
    for xla in (None, True):
        variable = tf.Variable([[3.0, -2.0]])
        optimiser = Optimiser({"w/kernel": variable}, Plan(name, options, average=0.9))
        step = tf.function(optimiser.apply, autograph=False, jit_compile=xla)
        for _ in range(3):
            step({"w/kernel": tf.constant([[0.3, 4.0]])}, tf.constant(0.05))
        ends.append(variable.numpy())
    np.testing.assert_allclose(ends[0], ends[1], rtol=1e-6)


def test_the_folder_is_the_registry() -> None:
    assert optimisers.names() == "adabelief adam adamax adamw lion nadam rmsprop".split()
    with pytest.raises(BadInput, match="No optimiser is called 'sgd': there are adabelief, adam"):
        optimisers.load("sgd")
    with pytest.raises(BadInput, match="No optimiser is called"):
        optimisers.load("../layers")


def test_an_option_that_a_rule_does_not_have_is_refused() -> None:
    assert optimisers.options("lion", beta_1=0.8, epsilon=None).beta_1 == 0.8
    with pytest.raises(BadInput, match="'lion' has no epsilon"):
        optimisers.options("lion", epsilon=1e-3)
    with pytest.raises(BadInput, match="'nadam' has no amsgrad"):
        optimisers.options("nadam", amsgrad=True)
    assert optimisers.options("nadam", amsgrad=False) == optimisers.load("nadam").DEFAULTS
