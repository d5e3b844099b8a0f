"""Run as a program: trains on two logical CPU devices and on one, and prints what came of it.

TensorFlow takes logical devices before anything else only, so this has a process of its own.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from train_project import new_project, work_on

from engine.errors import BadInput
from engine.train import checkpoint, loop, replicas
from engine.train.augment import Augmentation
from engine.train.clipping import Clipping
from engine.train.feed import Batch
from engine.train.network import Network
from engine.train.optimiser import Plan
from engine.train.optimisers import Options
from engine.train.trainer import Trainer

STEPS, BATCH = 4, 4


def weights_after_steps(strategy: Any, plan: Plan, how: Augmentation) -> tuple[list[float], Any]:
    """The losses of some steps, and the weights then."""
    with strategy.scope():
        network = Network("quick")
        trainer = Trainer(network, how, 1, plan)
    rng = np.random.default_rng(1)
    side = how.crop_size + 2 * how.margin
    losses = []
    for number in range(STEPS):
        crops = rng.integers(0, 255, (2 * BATCH, side, side, 4), np.uint8)
        faces = Batch(tf.constant(crops), tf.zeros((2 * BATCH, 0)))
        trainer.step(faces, number + 1, 1e-3)
        means = trainer.means()
        losses += [means.loss_a, means.loss_b]
    return losses, {name: w.numpy() for name, w in network.weights().items()}


def compared(one: Any, two: Any, **plan: Any) -> dict[str, float]:
    """How far two devices come from one, where nothing is drawn by chance."""
    network = Network("quick")
    size = network.input_size
    still = Augmentation(size, 0, size, network.output_size, *[0.0] * 7, warp=0.0)
    losses, weights = zip(
        *(weights_after_steps(s, Plan(**plan), still) for s in (one, two)), strict=True
    )
    far = max(float(np.abs(weights[0][n] - weights[1][n]).max()) for n in weights[0])
    moved = Network("quick").weights()
    learnt = max(float(np.abs(weights[1][n] - moved[n].numpy()).max()) for n in weights[1])
    return {
        "losses": float(np.abs(np.subtract(*losses)).max()),
        "weights": far,
        "learnt": learnt,
    }


def trained(two: Any, folder: Path) -> dict[str, Any]:
    """A whole job on two devices, taken up again, and one that can't be shared out."""
    replicas.strategy_of_devices = lambda: two  # type: ignore[assignment]
    project = new_project(folder)
    loop.run(work_on(project, iterations=10, batch=2, average=0.9))
    loop.run(work_on(project, iterations=20, batch=2, average=0.9))
    state = checkpoint.load(project.path / "model", print).state
    try:
        loop.run(work_on(project, iterations=30, batch=3))
        refused = ""
    except BadInput as error:
        refused = str(error)
    return {"iteration": state.iteration, "refused": refused}


def main() -> None:
    """All of it, as a line of JSON."""
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    two = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    one = tf.distribute.get_strategy()
    found = {
        # With a large epsilon: by its own a gradient of nearly 0 becomes a whole step, whose
        # direction rounding decides.
        "adam": compared(one, two, options=Options(beta_1=0.5, beta_2=0.99, epsilon=1e-3)),
        "much": compared(
            one,
            two,
            rule="rmsprop",
            options=Options(epsilon=1e-3),
            clipping=Clipping("autoclip"),
            accumulate=2,
            average=0.9,
            loss_scale=True,
        ),
        "job": trained(two, Path(sys.argv[1])),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
