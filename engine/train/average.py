"""The moving average of the weights: steadier than the weights of any one iteration.

Source: B. Polyak and A. Juditsky, "Acceleration of Stochastic Approximation by Averaging", SIAM
Journal on Control and Optimization 30(4), 1992; with decay and the correction of its start as in
D. Kingma and J. Ba, "Adam", ICLR 2015, section 7.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from engine.train.inplace import add, approach, scalar
from engine.train.network import assign

DECAY = 0.999
"""Share of the old that the average keeps at an update, once it has a past."""


class Average:
    """Averages by the names of their weights; `state` counts the updates in them."""

    def __init__(self, variables: dict[str, Any], decay: float = DECAY) -> None:
        self.variables, self.decay = variables, decay
        self.weights = {n: tf.Variable(v, trainable=False) for n, v in variables.items()}
        self.count = scalar()
        self.state: dict[str, Any] = {"averaged": self.count}

    def add(self) -> None:
        """Take the weights in as they are now. The first ones replace what was there: the average
        of t updates weighs them as if it had begun with them, (1 - decay) / (1 - decay^t)."""
        count = add(self.count, 1.0)
        # expm1, as 1 - decay^t loses most of its digits while t is small
        share = -(1.0 - self.decay) / tf.math.expm1(count * np.log(self.decay))
        for name, variable in self.variables.items():
            approach(self.weights[name], variable, share)

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """The averages, to save."""
        return {name: v.numpy() for name, v in self.weights.items()}

    def set(self, arrays: dict[str, NDArray[np.float32]] | None) -> None:
        """Take saved averages, or begin with the weights as they are. Raises `Damaged` when they
        are another network's."""
        self.count.assign(0.0)
        if arrays is not None:
            assign(self.weights, arrays, "the average of the weights")
            return
        for name, variable in self.variables.items():
            self.weights[name].assign(variable)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The averages stand in for the weights inside, to look at."""
        before = {name: v.numpy().copy() for name, v in self.variables.items()}
        try:
            for name, variable in self.variables.items():
                variable.assign(self.weights[name])
            yield
        finally:
            for name, variable in self.variables.items():
                variable.assign(before[name])
