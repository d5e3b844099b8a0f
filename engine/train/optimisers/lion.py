"""Lion: every weight moves by the learning rate exactly, up or down.

Source: X. Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023, algorithm 2. Its
authors advise a learning rate three to ten times below Adam's.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from engine.train.inplace import approach, subtract
from engine.train.optimisers import Options, Weight

DEFAULTS = Options(beta_1=0.9, beta_2=0.99)
TAKES = ("beta_1", "beta_2")


def slots(_options: Options) -> tuple[str, ...]:
    """The momentum."""
    return ("m",)


def update(weights: list[Weight], _count: Any, rate: Any, options: Options) -> None:
    """w -= rate sign(beta_1 m + (1 - beta_1) g)."""
    for variable, gradient, slot in weights:
        m = slot["m"]
        ahead = options.beta_1 * m + (1.0 - options.beta_1) * gradient
        subtract(variable, rate, tf.sign(ahead))
        approach(m, gradient, 1.0 - options.beta_2)
