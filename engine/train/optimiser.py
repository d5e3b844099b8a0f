"""What a step's gradients go through on their way into the weights.

In this order: the loss scale is taken out, gradients that are no numbers are skipped, gradients are
summed over steps, clipped, weights decay, the rule of `engine.train.optimisers` updates them, and
their average follows. What is off adds no operation to the step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import numpy as np
import tensorflow as tf

from engine.train import optimisers
from engine.train.accumulation import Accumulation
from engine.train.average import Average
from engine.train.checkpoint import Arrays
from engine.train.clipping import Clipper, Clipping
from engine.train.inplace import add, put, scalar, subtract
from engine.train.loss_scale import LossScale
from engine.train.network import assign
from engine.train.optimisers import Options, Weight

OWN = "optimiser/"
"""Begins the saved names of all that is no slot of a weight."""


class Plan(msgspec.Struct, frozen=True):
    """What is on."""

    rule: str = "adam"
    options: Options | None = None
    """None is the rule's own; `optimisers.options` makes others."""
    clipping: Clipping = Clipping()
    accumulate: int = 1
    """Steps whose gradients make one update."""
    average: float = 0.0
    """Decay of the weights' average; 0 is none."""
    loss_scale: bool = False
    """For float16; it skips what is no number too."""
    skip_bad: bool = False
    """Skip a step whose gradients are no numbers."""


class Optimiser:
    """Updates a dict of variables; `slots` is all it remembers, for a checkpoint."""

    def __init__(
        self,
        variables: dict[str, Any],
        plan: Plan | None = None,
        averaged: dict[str, Any] | None = None,
    ) -> None:
        """`averaged` are the variables that the average is of, if they are more than those."""
        self.variables, self.plan = variables, plan or Plan()
        self.rule = optimisers.load(self.plan.rule)
        self.options = self.plan.options or self.rule.DEFAULTS
        self.moments = {
            f"{name}/{slot}": tf.Variable(tf.zeros(v.shape), trainable=False)
            for name, v in variables.items()
            for slot in self.rule.slots(self.options)
        }
        self.updates, self.skipped = scalar(), scalar()
        self._clipper = Clipper(self.plan.clipping)
        summing, decay = self.plan.accumulate > 1, self.plan.average
        self._sums = Accumulation(variables, self.plan.accumulate) if summing else None
        self._scale = LossScale() if self.plan.loss_scale else None
        self.average = Average(averaged or variables, decay) if decay else None
        self._begins = {n: v.numpy().flat[0] for state in self._states for n, v in state.items()}

    # --- saving ---

    @property
    def _states(self) -> list[dict[str, Any]]:
        """What each part remembers besides the moments."""
        parts = [p for p in (self._clipper, self._sums, self._scale, self.average) if p is not None]
        return [{"updates": self.updates}, *(p.state for p in parts)]

    @property
    def slots(self) -> dict[str, Any]:
        """Variables by the names that they are saved under; the average has a file of its own."""
        own = {f"{OWN}{name}": v for state in self._states for name, v in state.items()}
        return {**self.moments, **own}

    def set_slots(self, arrays: Arrays, iteration: int, average: Arrays | None) -> None:
        """Take what was saved at an iteration, the weights being set. A part that was off then, or
        of another size, begins afresh. Raises `Damaged` when the moments are another network's or
        another rule's."""
        own = {n.removeprefix(OWN): a for n, a in arrays.items() if n.startswith(OWN)}
        moments = {n: a for n, a in arrays.items() if not n.startswith(OWN)}
        assign(self.moments, moments, "the optimiser")
        own.setdefault(
            "updates", np.array(iteration, np.float32)
        )  # as it was before they were counted
        self.skipped.assign(0.0)
        if self.average:
            self.average.set(average)
        for state in self._states:
            fits = all(n in own and own[n].shape == v.shape for n, v in state.items())
            for name, variable in state.items():
                variable.assign(own[name] if fits else tf.fill(variable.shape, self._begins[name]))

    # --- the step ---

    def scaled(self, loss: Any) -> Any:
        """The loss that gradients are taken of."""
        return self._scale.scaled(loss) if self._scale else loss

    def apply(self, gradients: dict[str, Any], rate: Any) -> Any:
        """Take one step's gradients of some or all variables, inside the compiled step; whether
        they were numbers, else they are skipped (where that is on). `skipped` counts in a row."""
        if self._scale:
            gradients = self._scale.unscaled(gradients)
        if not (self._scale or self.plan.skip_bad):
            self._accumulate(gradients, rate)
            return tf.constant(True)
        finite = tf.reduce_all([tf.reduce_all(tf.math.is_finite(g)) for g in gradients.values()])
        only_if(finite, lambda: self._accumulate(gradients, rate))
        put(self.skipped, tf.where(finite, 0.0, self.skipped + 1.0))
        if self._scale:
            self._scale.adapt(finite)
        return finite

    def _accumulate(self, gradients: dict[str, Any], rate: Any) -> None:
        sums = self._sums
        if sums is None:
            self._update(gradients, rate)
            return
        due = sums.add(gradients)
        only_if(due, lambda: self._update(sums.take(list(gradients)), rate))

    def _update(self, gradients: dict[str, Any], rate: Any) -> None:
        count = add(self.updates, 1.0)
        clipped = self._clipper.clip(list(gradients.values()))
        slots = self.rule.slots(self.options)
        weights = [
            Weight(self.variables[name], g, {s: self.moments[f"{name}/{s}"] for s in slots})
            for name, g in zip(gradients, clipped, strict=True)
        ]
        self._decay(gradients, rate)
        self.rule.update(weights, count, rate, self.options)
        if self.average:
            self.average.add()

    def _decay(self, names: Iterable[str], rate: Any) -> None:
        """Decoupled weight decay; biases and other vectors keep their size."""
        if self.options.weight_decay == 0.0:
            return
        for name in names:
            variable = self.variables[name]
            if len(variable.shape) > 1 and not name.endswith("/bias"):
                subtract(variable, rate * self.options.weight_decay, variable.read_value())


def only_if(condition: Any, act: Callable[[], None]) -> None:
    """Do what `act` does, in the graph, where the condition holds."""

    def acted() -> Any:
        act()
        return tf.constant(True)

    tf.cond(condition, acted, lambda: tf.constant(False))
