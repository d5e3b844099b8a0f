"""Adam by TensorFlow's own fused update, one operation for each weight.

Source: D. Kingma and J. Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, in the form
of its section 2 (epsilon hat).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.train.network import assign

BETA_1 = 0.5
BETA_2 = 0.99
EPSILON = 1e-7


class Adam:
    """First and second moments for a dict of variables; stateless but for them."""

    def __init__(self, variables: dict[str, Any]) -> None:
        self.variables = variables
        self.slots = {
            f"{name}/{slot}": tf.Variable(tf.zeros(v.shape), trainable=False)
            for name, v in variables.items()
            for slot in ("m", "v")
        }

    def set_slots(self, arrays: dict[str, NDArray[np.float32]]) -> None:
        """Take saved moments. Raises `Damaged` when they are another network's."""
        assign(self.slots, arrays, "the optimiser")

    def apply(self, gradients: dict[str, Any], step: Any, learning_rate: Any) -> None:
        """Update every variable; `step` counts from 1 and corrects the moments' start."""
        count = tf.cast(step, tf.float32)
        power_1, power_2 = tf.pow(BETA_1, count), tf.pow(BETA_2, count)
        for name, variable in self.variables.items():
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=self.slots[f"{name}/m"].handle,
                v=self.slots[f"{name}/v"].handle,
                beta1_power=power_1,
                beta2_power=power_2,
                lr=learning_rate,
                beta1=BETA_1,
                beta2=BETA_2,
                epsilon=EPSILON,
                grad=gradients[name],
            )
