"""AdaMax: Adam with the largest gradient in place of the second moment, fused by TensorFlow.

Source: D. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, section 7.1,
with Keras' epsilon.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from engine.train.optimisers import Options, Weight

DEFAULTS = Options(beta_1=0.9, beta_2=0.999)
TAKES = ("beta_1", "beta_2", "epsilon")


def slots(_options: Options) -> tuple[str, ...]:
    """The first moment and the norm."""
    return ("m", "u")


def update(weights: list[Weight], count: Any, rate: Any, options: Options) -> None:
    """u = max(beta_2 u, |g|); w -= rate / (1 - beta_1^t) m / (u + epsilon)."""
    power = tf.pow(options.beta_1, count)
    for weight in weights:
        tf.raw_ops.ResourceApplyAdaMax(
            var=weight.variable.handle,
            m=weight.slots["m"].handle,
            v=weight.slots["u"].handle,
            beta1_power=power,
            lr=rate,
            beta1=options.beta_1,
            beta2=options.beta_2,
            epsilon=options.epsilon,
            grad=weight.gradient,
        )
