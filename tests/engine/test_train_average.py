"""The average of the weights against NumPy, and its stand-in for looking."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from engine.errors import Damaged
from engine.train.average import Average

RNG = np.random.default_rng(6)


@pytest.mark.parametrize("decay", [0.9, 0.999, 0.9999])
def test_it_is_the_weighted_mean_of_what_the_weights_were(decay: float) -> None:
    variable = tf.Variable(np.full(3, 99.0, np.float32))
    average = Average({"w": variable}, decay)
    seen: list[np.ndarray] = []
    for _ in range(30):
        seen.append(RNG.normal(size=3).astype(np.float32))
        variable.assign(seen[-1])
        average.add()
        shares = decay ** np.arange(len(seen))[::-1]
        want = np.average(np.array(seen, np.float64), axis=0, weights=shares)
        np.testing.assert_allclose(average.arrays()["w"], want, rtol=1e-3, atol=1e-5)


def test_it_stands_in_for_the_weights_and_goes_again() -> None:
    variable = tf.Variable([1.0])
    average = Average({"w": variable}, 0.5)
    average.add()
    variable.assign([4.0])
    average.add()
    with average.shown():
        assert variable.numpy() == pytest.approx(3.0)
    assert variable.numpy() == 4.0


def test_the_weights_come_back_when_looking_fails() -> None:
    variable = tf.Variable([1.0])
    average = Average({"w": variable}, 0.5)
    variable.assign([4.0])

    def look() -> None:
        with average.shown():
            raise KeyError

    with pytest.raises(KeyError):
        look()
    assert variable.numpy() == 4.0


def test_averages_of_another_network_are_refused() -> None:
    average = Average({"w": tf.Variable([1.0])}, 0.5)
    with pytest.raises(Damaged, match="average of the weights"):
        average.set({"w": np.zeros(2, np.float32)})
