"""The training step: augmentation, both sides, losses and Adam in one compiled function."""

from __future__ import annotations

from typing import Any, NamedTuple

import tensorflow as tf

from engine.train.architecture import Rebuilt
from engine.train.augment import Augmentation, augment
from engine.train.chance import reseed
from engine.train.feed import Batch
from engine.train.losses import Weighting, mask_loss, multiscale, parse
from engine.train.network import Network
from engine.train.optimiser import Adam


class Means(NamedTuple):
    """Losses averaged over the steps since they were last asked for."""

    loss_a: float
    loss_b: float
    steps: int


class Trainer:
    """Owns the moments and the running sums; the network's weights belong to the network."""

    def __init__(
        self, network: Network, how: Augmentation, seed: int, *, xla: bool = False
    ) -> None:
        self.network = network
        self.how = how
        self.seed = seed
        self.variables = network.trainable()
        self.adam = Adam(self.variables)
        self._chances = network.chances()
        self._terms = parse(network.model.HABITS.loss)
        self._sums = tf.Variable(tf.zeros([2]), trainable=False)
        self._steps = 0
        self._xla = xla
        self._compiled = self._compile()

    def _compile(self) -> Any:
        return tf.function(self._step, autograph=False, jit_compile=self._xla or None)

    def step(self, batch: Batch, iteration: int, learning_rate: float) -> None:
        """One iteration over A's faces, then as many of B's; returns at once where the device
        computes on its own."""
        self._compiled(batch, tf.constant(iteration), tf.constant(learning_rate))
        self._steps += 1

    def _step(self, batch: Batch, iteration: Any, learning_rate: Any) -> None:
        inputs, targets, areas = augment(batch, self._seeds(iteration), self.how)
        reseed(self._chances, self.seed, iteration)
        with tf.GradientTape() as tape:
            losses = self._losses(inputs, targets, areas)
            total = tf.reduce_sum(losses)
        names = list(self.variables)
        gradients = tape.gradient(total, [self.variables[n] for n in names])
        self.adam.apply(dict(zip(names, gradients, strict=True)), iteration, learning_rate)
        self._sums.assign_add(losses)

    def _seeds(self, iteration: Any) -> Any:
        """(2, 2): a seed for each side, two apart so that no stream is used twice."""
        return tf.stack([[self.seed, iteration * 4 + 2 * side] for side in range(2)])

    def _losses(self, inputs: Any, targets: Any, areas: Any) -> Any:
        """(2,): the mean loss of each side."""
        painted = self.network.both(inputs)
        sides = zip(painted, tf.split(targets, 2), tf.split(areas, 2), strict=True)
        return tf.stack([tf.reduce_mean(self._loss(*side)) for side in sides])

    def _loss(self, painted: Rebuilt, target: Any, areas: Any) -> Any:
        """(n,): what one side's faces and masks cost, over all sizes that are painted."""
        cost = multiscale(target, areas, painted.faces, self._terms, Weighting())
        return cost if painted.mask is None else cost + mask_loss(areas[..., :1], painted.mask)

    def means(self) -> Means:
        """The mean losses since the last call; this waits for the device."""
        loss_a, loss_b = (self._sums / max(self._steps, 1)).numpy()
        means = Means(float(loss_a), float(loss_b), self._steps)
        self._sums.assign(tf.zeros([2]))
        self._steps = 0
        return means

    def begin_again(self, seed: int) -> None:
        """Draw by another seed from the next step on, which is compiled anew; nothing is summed."""
        self.seed = seed
        self._compiled = self._compile()
        self.means()

    def wait(self) -> None:
        """Return once the device has done every step."""
        self._sums.numpy()
