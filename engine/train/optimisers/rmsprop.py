"""RMSProp by TensorFlow's own fused update, with momentum where `beta_1` is above 0.

Source: T. Tieleman and G. Hinton, "Lecture 6.5 - rmsprop", Neural Networks for Machine Learning,
2012 (`beta_2` is its 0.9), with Keras' epsilon.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from engine.train.optimisers import Options, Weight

DEFAULTS = Options(beta_1=0.0, beta_2=0.9)
TAKES = ("beta_1", "beta_2", "epsilon")


def slots(_options: Options) -> tuple[str, ...]:
    """The mean square, and the step with its momentum, which the fused update always writes."""
    return ("v", "step")


def update(weights: list[Weight], _count: Any, rate: Any, options: Options) -> None:
    """step = beta_1 step + rate g / sqrt(v + epsilon); w -= step."""
    for weight in weights:
        tf.raw_ops.ResourceApplyRMSProp(
            var=weight.variable.handle,
            ms=weight.slots["v"].handle,
            mom=weight.slots["step"].handle,
            lr=rate,
            rho=options.beta_2,
            momentum=options.beta_1,
            epsilon=options.epsilon,
            grad=weight.gradient,
        )
