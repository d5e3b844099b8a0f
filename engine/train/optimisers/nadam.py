"""Nadam: Adam with Nesterov's look ahead and a momentum that warms up.

Source: T. Dozat, "Incorporating Nesterov Momentum into Adam", ICLR 2016 workshop, with its
schedule of the momentum, mu_t = beta_1 (1 - 0.5 * 0.96^t); defaults as in Keras. TensorFlow's fused
Nesterov update knows no such schedule.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from engine.train.inplace import approach, subtract
from engine.train.optimisers import Options, Weight

DEFAULTS = Options(beta_1=0.9, beta_2=0.999)
TAKES = ("beta_1", "beta_2", "epsilon")
SETTLED = 600
"""Updates after which the schedule moves less than float32 can hold: 0.5 * 0.96^600 = 1e-11."""


def slots(_options: Options) -> tuple[str, ...]:
    """Both moments."""
    return ("m", "v")


def update(weights: list[Weight], count: Any, rate: Any, options: Options) -> None:
    """w -= rate m_hat / (sqrt(v_hat) + epsilon), where m_hat looks one update ahead."""
    now, ahead = momentum(count, options.beta_1), momentum(count + 1.0, options.beta_1)
    m_share = ahead / (1.0 - product(count + 1.0, options.beta_1))
    g_share = (1.0 - now) / (1.0 - product(count, options.beta_1))
    v_share = 1.0 / (1.0 - tf.pow(options.beta_2, count))
    for variable, gradient, slot in weights:
        m, v = slot["m"], slot["v"]
        approach(m, gradient, 1.0 - options.beta_1)
        approach(v, tf.square(gradient), 1.0 - options.beta_2)
        divisor = tf.sqrt(v_share * v) + options.epsilon
        subtract(variable, rate, (m_share * m + g_share * gradient) / divisor)


def momentum(count: Any, beta_1: float) -> Any:
    """mu_t."""
    return beta_1 * (1.0 - 0.5 * tf.pow(0.96, count))


def product(count: Any, beta_1: float) -> Any:
    """mu_1 mu_2 ... mu_t, from the count alone, so that nothing needs to be kept."""
    warming = np.cumprod(1.0 - 0.5 * 0.96 ** np.arange(1, SETTLED + 1)).astype(np.float32)
    place = tf.cast(tf.minimum(count, float(SETTLED)), tf.int32) - 1
    return tf.pow(beta_1, count) * tf.gather(warming, place)
