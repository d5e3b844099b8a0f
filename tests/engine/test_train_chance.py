"""Layers with randomness: off outside training, repeated by the same seed and iteration."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from engine.train.chance import Chance, Dropout, DropPath, Noise, reseed

X = tf.constant(np.random.default_rng(3).random((4, 8, 8, 32)).astype(np.float32) + 1.0)


@pytest.mark.parametrize("make", [lambda: Dropout(0.25, name="d"), lambda: Noise(name="n")])
def test_a_seed_and_an_iteration_decide_what_is_drawn(make: object) -> None:
    layer: Chance = make()  # type: ignore[operator]

    def run(seed: int, iteration: int) -> np.ndarray:
        reseed([layer], seed, tf.constant(iteration))
        return layer(X, training=True).numpy()

    first = run(1, 10)
    assert np.array_equal(first, run(1, 10))
    assert not np.array_equal(first, run(1, 11))
    assert not np.array_equal(first, run(2, 10))
    np.testing.assert_array_equal(layer(X, training=False), X)


def test_two_layers_of_a_step_draw_differently() -> None:
    layers: list[Chance] = [Noise(name="one"), Noise(name="two")]
    reseed(layers, 1, tf.constant(5))
    one, two = (layer(X, training=True).numpy() for layer in layers)
    assert abs(np.corrcoef((one - X.numpy()).ravel(), (two - X.numpy()).ravel())[0, 1]) < 0.1


def test_dropout_keeps_the_mean_and_drops_its_share() -> None:
    layer = Dropout(0.25, name="drop")
    reseed([layer], 1, tf.constant(1))
    y = layer(X, training=True).numpy()
    assert 0.2 < np.mean(y == 0.0) < 0.3
    assert y.mean() == pytest.approx(X.numpy().mean(), rel=0.05)


def test_spatial_dropout_drops_whole_channels() -> None:
    layer = Dropout(0.5, spatial=True, name="drop")
    reseed([layer], 1, tf.constant(1))
    gone = layer(X, training=True).numpy() == 0.0
    assert ((gone.mean(axis=(1, 2)) == 0.0) | (gone.mean(axis=(1, 2)) == 1.0)).all()
    assert 0.3 < gone.mean() < 0.7


def test_a_dropped_path_is_gone_for_whole_faces() -> None:
    layer = DropPath(0.5, name="path")
    x = tf.ones([400, 2, 2, 3])
    reseed([layer], 1, tf.constant(1))
    factors = layer(x, training=True).numpy().reshape(400, -1)
    assert (factors == factors[:, :1]).all()
    assert set(np.unique(factors)) == {0.0, 2.0}
    assert factors.mean() == pytest.approx(1.0, abs=0.15)


def test_noise_has_its_deviation() -> None:
    layer = Noise(0.5, name="noise")
    reseed([layer], 1, tf.constant(1))
    added = (layer(X, training=True) - X).numpy()
    assert added.std() == pytest.approx(0.5, rel=0.05)
    assert abs(added.mean()) < 0.02


def test_the_largest_seed_is_a_seed() -> None:
    layers: list[Chance] = [Noise(name=f"noise_{n}") for n in range(3)]
    reseed(layers, 2**31 - 1, tf.constant(1))
    assert len({int(layer.seed[0]) for layer in layers}) == 3
