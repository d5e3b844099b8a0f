"""Adam by TensorFlow's own fused update, one operation for each weight.

Source: D. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, in the form
of its section 2 (epsilon hat); AMSGrad: S. Reddi et al., "On the Convergence of Adam and Beyond",
ICLR 2018. The betas are lower than the paper's (0.9, 0.999): two decoders pull at one encoder, and
a short memory follows them.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from engine.train.optimisers import Options, Weight

DEFAULTS = Options(beta_1=0.5, beta_2=0.99)
TAKES = ("beta_1", "beta_2", "epsilon", "amsgrad")


def slots(options: Options) -> tuple[str, ...]:
    """Both moments; of AMSGrad also the largest second moment."""
    return ("m", "v", "v_max") if options.amsgrad else ("m", "v")


def update(weights: list[Weight], count: Any, rate: Any, options: Options) -> None:
    """w -= rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)."""
    shared = {
        "beta1_power": tf.pow(options.beta_1, count),
        "beta2_power": tf.pow(options.beta_2, count),
        "lr": rate,
        "beta1": options.beta_1,
        "beta2": options.beta_2,
        "epsilon": options.epsilon,
    }
    for weight in weights:
        handles = {slot: variable.handle for slot, variable in weight.slots.items()}
        handles |= {"var": weight.variable.handle}
        if options.amsgrad:
            handles["vhat"] = handles.pop("v_max")
            tf.raw_ops.ResourceApplyAdamWithAmsgrad(grad=weight.gradient, **handles, **shared)
        else:
            tf.raw_ops.ResourceApplyAdam(grad=weight.gradient, **handles, **shared)
