"""Gradients summed over several steps, for an update as of one batch that is so much larger."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from engine.train.inplace import add, put, scalar

SUM = "sum/"


class Accumulation:
    """The sums of the steps since the last update; `state` is saved, so a stop loses none."""

    def __init__(self, variables: dict[str, Any], steps: int) -> None:
        self.steps = steps
        self.state: dict[str, Any] = {
            f"{SUM}{name}": tf.Variable(tf.zeros(v.shape), trainable=False)
            for name, v in variables.items()
        }
        self.count = self.state["summed"] = scalar()

    def add(self, gradients: dict[str, Any]) -> Any:
        """Add a step's gradients; whether an update is due."""
        for name, gradient in gradients.items():
            add(self.state[f"{SUM}{name}"], gradient)
        return add(self.count, 1.0) >= self.steps

    def take(self, names: list[str]) -> dict[str, Any]:
        """The mean gradients; the sums begin again."""
        sums = {name: self.state[f"{SUM}{name}"] for name in names}
        means = {name: total / self.count for name, total in sums.items()}
        with tf.control_dependencies(list(means.values())):
            for total in sums.values():
                put(total, tf.zeros(total.shape))
            put(self.count, 0.0)
        return means
