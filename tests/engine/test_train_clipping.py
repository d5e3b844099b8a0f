"""Clipping against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from engine.train.clipping import Clipper, Clipping

RNG = np.random.default_rng(8)
GRADIENTS = [RNG.normal(0, s, shape).astype(np.float32) for s, shape in ((3, (4, 5)), (0.1, (6,)))]


def clipped(how: Clipping, gradients: list[np.ndarray] = GRADIENTS) -> list[np.ndarray]:
    return [g.numpy() for g in Clipper(how).clip([tf.constant(g) for g in gradients])]


def length(arrays: list[np.ndarray]) -> float:
    return float(np.sqrt(sum((a.astype(np.float64) ** 2).sum() for a in arrays)))


def same(have: list[np.ndarray], want: list[np.ndarray]) -> None:
    for a, b in zip(have, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)


def test_none_leaves_them() -> None:
    same(clipped(Clipping()), GRADIENTS)


def test_value_limits_each_number() -> None:
    same(clipped(Clipping("value", 0.07)), [np.clip(g, -0.07, 0.07) for g in GRADIENTS])


def test_norm_limits_each_gradient_by_itself() -> None:
    long, short = GRADIENTS
    assert length([short]) < 1.5 < length([long])
    same(clipped(Clipping("norm", 1.5)), [long * 1.5 / length([long]), short])


def test_global_norm_limits_all_together() -> None:
    share = 1.5 / length(GRADIENTS)
    same(clipped(Clipping("global_norm", 1.5)), [g * share for g in GRADIENTS])
    same(clipped(Clipping("global_norm", 1e3)), GRADIENTS)


def test_gradients_of_nothing_stay_nothing() -> None:
    nothing = [np.zeros((2, 2), np.float32)]
    for kind in ("norm", "global_norm", "autoclip"):
        same(clipped(Clipping(kind), nothing), nothing)


@pytest.mark.parametrize("percentile", [0.0, 10.0, 37.5, 50.0, 100.0])
def test_autoclip_is_the_percentile_of_the_norms_that_it_remembers(percentile: float) -> None:
    clipper = Clipper(Clipping("autoclip", percentile=percentile, history=7))
    clip = tf.function(lambda g: clipper.clip([g]))
    norms: list[float] = []
    for scale in RNG.lognormal(size=20):
        gradient = (GRADIENTS[0] * scale).astype(np.float32)
        norms.append(length([gradient]))
        limit = np.percentile(norms[-7:], percentile)
        (got,) = clip(tf.constant(gradient))
        same([got.numpy()], [gradient * min(1.0, limit / norms[-1])])


def test_autoclip_forgets_a_norm_that_is_no_number() -> None:
    clipper = Clipper(Clipping("autoclip", percentile=50.0, history=5))
    one = tf.ones([4])
    clipper.clip([one])
    clipper.clip([one * np.inf])
    clipper.clip([one * np.nan])
    same([clipper.clip([3.0 * one])[0].numpy()], [np.full(4, 2.0)])  # between 2 and 6: 4 of 6


@pytest.mark.parametrize("steps", [3, 9])
def test_autoclip_goes_on_from_what_was_saved(steps: int) -> None:
    how = Clipping("autoclip", percentile=30.0, history=6)
    whole, again = Clipper(how), Clipper(how)
    gradients = [tf.constant(GRADIENTS[0] * s) for s in RNG.random(steps + 4).astype(np.float32)]
    for gradient in gradients[:steps]:
        whole.clip([gradient])
    for name, variable in again.state.items():
        variable.assign(whole.state[name].numpy())
    for gradient in gradients[steps:]:
        want, have = whole.clip([gradient])[0], again.clip([gradient])[0]
        np.testing.assert_array_equal(have.numpy(), want.numpy())
