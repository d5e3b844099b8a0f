"""Loss scaling, without which small gradients are lost in float16.

Source: P. Micikevicius et al., "Mixed Precision Training", ICLR 2018, section 3.2 and the dynamic
scale of its section 4.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from engine.train.inplace import put, scalar

START = 2.0**15
LEAST, MOST = 1.0, 2.0**24
STEPS_TO_DOUBLE = 2000


class LossScale:
    """The scale as it is now and the good steps since it last changed, both in `state`."""

    def __init__(self) -> None:
        self.scale, self.good_steps = scalar(START), scalar()
        self.state: dict[str, Any] = {"scale": self.scale, "good_steps": self.good_steps}

    def scaled(self, loss: Any) -> Any:
        """A loss to take gradients of."""
        return loss * tf.cast(self.scale, loss.dtype)

    def unscaled(self, gradients: dict[str, Any]) -> dict[str, Any]:
        """The gradients of the loss itself."""
        share = 1.0 / self.scale
        return {name: gradient * share for name, gradient in gradients.items()}

    def adapt(self, finite: Any) -> None:
        """Double after enough good steps; halve at once after one that was no number."""
        good = tf.where(finite, self.good_steps + 1.0, 0.0)
        grows = good >= STEPS_TO_DOUBLE
        factor = tf.where(finite, tf.where(grows, 2.0, 1.0), 0.5)
        put(self.scale, tf.clip_by_value(self.scale * factor, LEAST, MOST))
        put(self.good_steps, tf.where(grows, 0.0, good))
