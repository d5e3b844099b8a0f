"""The training step: augmentation, both sides, losses and update in one compiled function."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from engine.train import replicas
from engine.train.architecture import Rebuilt
from engine.train.augment import Augmentation, augment
from engine.train.chance import reseed
from engine.train.feed import Batch
from engine.train.inplace import add
from engine.train.learning import Cost
from engine.train.losses import Weighting, mask_loss, multiscale, parse
from engine.train.network import Network
from engine.train.optimiser import Optimiser, Plan

DEVICES_APART = 15_485_863
"""Between the seeds of two devices' variation."""


class Means(NamedTuple):
    """Losses averaged over the steps since they were last asked for."""

    loss_a: float
    loss_b: float
    steps: int
    """Without those that were skipped."""
    skipped: int = 0
    """Steps that were skipped in a row up to now, as their gradients were no numbers."""


class Trainer:
    """Owns the optimiser and the running sums; the network's weights belong to the network. Both
    are made in the scope of the strategy that steps run by."""

    def __init__(
        self,
        network: Network,
        how: Augmentation,
        seed: int,
        plan: Plan | None = None,
        *,
        xla: bool = False,
        cost: Cost | None = None,
    ) -> None:
        self.network = network
        self.how = how
        self.seed = seed
        self.variables = network.trainable()
        self.optimiser = Optimiser(self.variables, plan, averaged=network.weights())
        self._chances = network.chances()
        self._cost = cost or Cost(parse(network.model.HABITS.loss), Weighting(), "mse")
        self._sums = tf.Variable(tf.zeros([3]), trainable=False)
        self._xla = xla
        self._strategy = tf.distribute.get_strategy()
        self._compiled = self._compile()

    def _compile(self) -> Any:
        return tf.function(self._step, autograph=False, jit_compile=self._xla or None)

    def step(self, batch: Batch, iteration: int, learning_rate: float) -> None:
        """One iteration over A's faces, then as many of B's; returns at once where the device
        computes on its own."""
        self._compiled(batch, tf.constant(iteration), tf.constant(learning_rate))

    def graph(self, batch: Batch) -> Any:
        """The step's graph for batches like this one, or of these `TensorSpec`s; the first step
        doesn't make it again."""
        return self._compiled.get_concrete_function(batch, tf.constant(1), tf.constant(1e-5)).graph

    def _step(self, batch: Batch, iteration: Any, learning_rate: Any) -> None:
        replicas.run(self._strategy, self._part, batch, iteration, learning_rate)

    def _part(self, batch: Batch, device: Any, iteration: Any, learning_rate: Any) -> None:
        """A step over a device's part of the batch."""
        inputs, targets, areas = augment(batch, self._seeds(iteration, device), self.how)
        reseed(self._chances, self.seed, iteration)
        with tf.GradientTape() as tape:
            losses = self._losses(inputs, targets, areas)
            total = self.optimiser.scaled(tf.reduce_sum(losses))
        gradients = replicas.mean_of_all(tape.gradient(total, self.variables))
        taken = self.optimiser.apply(gradients, learning_rate)
        losses = replicas.mean_of_all(losses)
        add(self._sums, tf.where(taken, tf.concat([losses, [1.0]], 0), 0.0))

    def _seeds(self, iteration: Any, device: Any) -> Any:
        """(2, 2): a seed for each side, two apart so that no stream is used twice; those of
        another device's part begin with another number."""
        first = (self.seed + DEVICES_APART * device) % 2**31
        return tf.stack([[first, iteration * 4 + 2 * side] for side in range(2)])

    def _losses(self, inputs: Any, targets: Any, areas: Any) -> Any:
        """(2,): the mean loss of each side."""
        painted = self.network.both(inputs)
        sides = zip(painted, tf.split(targets, 2), tf.split(areas, 2), strict=True)
        return tf.stack([tf.reduce_mean(self._loss(*side)) for side in sides])

    def _loss(self, painted: Rebuilt, target: Any, areas: Any) -> Any:
        """(n,): what one side's faces and masks cost, over all sizes that are painted."""
        terms, weighting, kind = self._cost
        cost = multiscale(target, areas, painted.faces, terms, weighting)
        if painted.mask is None:
            return cost
        return cost + mask_loss(areas[..., :1], painted.mask, kind)

    def means(self) -> Means:
        """The mean losses since the last call; this waits for the device."""
        loss_a, loss_b, steps = (float(n) for n in self._sums.numpy())
        self._sums.assign(tf.zeros([3]))
        among = max(steps, 1.0)
        skipped = int(self.optimiser.skipped.numpy())
        return Means(loss_a / among, loss_b / among, int(steps), skipped)

    def everything(self) -> list[Any]:
        """Every variable that a step changes, for who puts them back."""
        optimiser = self.optimiser
        own = [*optimiser.slots.values(), optimiser.skipped, self._sums]
        averages = optimiser.average.weights.values() if optimiser.average else []
        return [*self.network.weights().values(), *averages, *own]

    def begin_again(self, seed: int) -> None:
        """Draw by another seed from the next step on, which is compiled anew; nothing is summed."""
        self.seed = seed
        self._compiled = self._compile()
        self.means()

    def vary(self, how: Augmentation, cost: Cost) -> None:
        """Vary and judge faces otherwise from the next step on, which is compiled anew."""
        self.how, self._cost = how, cost
        self._compiled = self._compile()

    def wait(self) -> None:
        """Return once the device has done every step."""
        self._sums.numpy()
