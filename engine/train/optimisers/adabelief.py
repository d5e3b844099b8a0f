"""AdaBelief: steps are long where the gradient comes as expected.

Source: J. Zhuang et al., "AdaBelief Optimizer: Adapting Stepsizes by the Belief in Observed
Gradients", NeurIPS 2020, algorithm 2, with the epsilon that its authors use.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from engine.train.inplace import approach, subtract
from engine.train.optimisers import Options, Weight

DEFAULTS = Options(beta_1=0.9, beta_2=0.999, epsilon=1e-16)
TAKES = ("beta_1", "beta_2", "epsilon")


def slots(_options: Options) -> tuple[str, ...]:
    """The mean gradient, and the mean square of what differed from it."""
    return ("m", "s")


def update(weights: list[Weight], count: Any, rate: Any, options: Options) -> None:
    """s is the mean of (g - m)^2 + epsilon; w -= rate m_hat / (sqrt(s_hat) + epsilon)."""
    m_rate = rate / (1.0 - tf.pow(options.beta_1, count))
    s_share = 1.0 / (1.0 - tf.pow(options.beta_2, count))
    for variable, gradient, slot in weights:
        m, s = slot["m"], slot["s"]
        approach(m, gradient, 1.0 - options.beta_1)
        surprise = tf.math.squared_difference(gradient, m)
        approach(s, surprise + options.epsilon / (1.0 - options.beta_2), 1.0 - options.beta_2)
        subtract(variable, m_rate, m / (tf.sqrt(s_share * s) + options.epsilon))
