"""The loss scale: what it saves in float16, how it doubles and halves."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from engine.train.loss_scale import LEAST, MOST, START, STEPS_TO_DOUBLE, LossScale

GOOD, BAD = tf.constant(True), tf.constant(False)


def test_gradients_that_float16_would_lose_come_through() -> None:
    scale, weight = LossScale(), tf.Variable(1.0)
    with tf.GradientTape() as tape:
        half = tf.cast(weight, tf.float16)
        lost = tf.cast(half * tf.constant(1e-4, tf.float16), tf.float32) * 1e-4
        loss = scale.scaled(lost)
    got = scale.unscaled({"w": tape.gradient(loss, weight)})["w"]
    np.testing.assert_allclose(got, 1e-8, rtol=1e-2)
    assert np.float16(1e-8) == 0.0


def test_it_doubles_after_so_many_good_steps_and_halves_after_a_bad_one() -> None:
    scale = LossScale()
    adapt = tf.function(scale.adapt)
    for _ in range(STEPS_TO_DOUBLE - 1):
        adapt(GOOD)
    assert float(scale.scale) == START
    adapt(GOOD)
    assert (float(scale.scale), float(scale.good_steps)) == (2.0 * START, 0.0)
    adapt(GOOD)
    adapt(BAD)
    assert (float(scale.scale), float(scale.good_steps)) == (START, 0.0)


def test_it_stays_within_bounds() -> None:
    scale = LossScale()
    for _ in range(40):
        scale.adapt(BAD)
    assert float(scale.scale) == LEAST
    scale.scale.assign(MOST)
    scale.good_steps.assign(STEPS_TO_DOUBLE - 1)
    scale.adapt(GOOD)
    assert float(scale.scale) == MOST
