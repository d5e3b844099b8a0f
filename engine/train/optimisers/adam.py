"""Adam by TensorFlow's own fused update, one operation for each weight.

Source: D. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, in the form
of its section 2 (epsilon hat); AMSGrad: S. Reddi et al., "On the Convergence of Adam and Beyond",
ICLR 2018. The betas are lower than the paper's (0.9, 0.999): two decoders pull at one encoder, and
a short memory follows them.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from engine.train.inplace import approach, put, subtract
from engine.train.optimisers import Options, Weight

DEFAULTS = Options(beta_1=0.5, beta_2=0.99)
TAKES = ("beta_1", "beta_2", "epsilon", "amsgrad")


def slots(options: Options) -> tuple[str, ...]:
    """Both moments; of AMSGrad also the largest second moment."""
    return ("m", "v", "v_max") if options.amsgrad else ("m", "v")


def update(weights: list[Weight], count: Any, rate: Any, options: Options) -> None:
    """w -= rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)."""
    power_1, power_2 = tf.pow(options.beta_1, count), tf.pow(options.beta_2, count)
    if options.amsgrad:
        _amsgrad(weights, rate * tf.sqrt(1.0 - power_2) / (1.0 - power_1), options)
        return
    for weight in weights:
        tf.raw_ops.ResourceApplyAdam(
            var=weight.variable.handle,
            m=weight.slots["m"].handle,
            v=weight.slots["v"].handle,
            beta1_power=power_1,
            beta2_power=power_2,
            lr=rate,
            beta1=options.beta_1,
            beta2=options.beta_2,
            epsilon=options.epsilon,
            grad=weight.gradient,
        )


def _amsgrad(weights: list[Weight], rate: Any, options: Options) -> None:
    """The same with the largest v so far. TensorFlow's fused update for it is unknown to XLA."""
    for variable, gradient, slot in weights:
        m, v, v_max = slot["m"], slot["v"], slot["v_max"]
        approach(m, gradient, 1.0 - options.beta_1)
        approach(v, tf.square(gradient), 1.0 - options.beta_2)
        put(v_max, tf.maximum(v_max, v))
        subtract(variable, rate, m / (tf.sqrt(v_max) + options.epsilon))
