"""How near training comes to what the machine can do: ratios measured in one run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from engine.train import data
from engine.train.augment import Augmentation, augment
from engine.train.network import Network
from engine.train.trainer import Trainer

BATCH = 16
MATRIX = 2048
"""Side of the square float32 matrices whose product sets the machine's rate."""
TRIES = 5
MODELS = ("original", "quick")


def bench() -> dict[str, float]:
    """For each model: seconds a step, share of the machine's matrix rate that the step reaches
    (`matrix_share`), and the augmentation's share of the step (`augment_share`); best of five."""
    rate = matrix_rate()
    figures = {"batch": float(BATCH), "matrix_gflop_per_s": round(rate / 1e9, 1)}
    for name in MODELS:
        figures |= {f"{name}_{key}": round(v, 4) for key, v in _bench(name, rate).items()}
    return figures


def matrix_rate() -> float:
    """Floating-point operations a second of a large float32 matrix product."""
    a = tf.random.stateless_normal([MATRIX, MATRIX], [1, 2])
    product = tf.function(lambda: tf.reduce_sum(tf.matmul(a, a)), autograph=False)
    return float(2.0 * MATRIX**3 / best(lambda: product().numpy()))


def _bench(name: str, rate: float) -> dict[str, float]:
    network = Network(name)
    cut = data.Cut(max(network.input_size, network.output_size), "face", 0.875, "extended")
    how = Augmentation(cut.side, cut.margin, network.input_size, network.output_size)
    trainer = Trainer(network, how, 1)
    rng = np.random.default_rng(1)
    crops = tf.constant(rng.integers(0, 255, (2 * BATCH, cut.side, cut.side, 4), np.uint8))
    seeds = tf.constant([[1, 4], [1, 6]])
    alone = tf.function(lambda: [tf.reduce_sum(t) for t in augment(crops, seeds, how)])

    def step() -> None:
        trainer.step(crops, 1, 1e-5)
        trainer.wait()

    step_s = best(step)
    augment_s = best(lambda: [t.numpy() for t in alone()])
    work = step_flop(network, BATCH)
    return {
        "step_s": step_s,
        "step_gflop": work / 1e9,
        "matrix_share": work / step_s / rate,
        "augment_share": augment_s / step_s,
    }


def step_flop(network: Network, batch: int) -> float:
    """Floating-point operations of the kernels in a step of `batch` faces a side: two for each
    weight and place forward, and twice as many back."""
    total = 0.0
    for part, model in network.parts.items():
        faces = 2 * batch if part == "encoder" else batch
        for layer in model.layers:
            for weight in layer.weights:
                if weight.name == "kernel":
                    places = np.prod(layer.output.shape[1:-1])
                    total += 2.0 * faces * float(places) * float(np.prod(weight.shape))
    return 3.0 * total


def best(act: Callable[[], Any], tries: int = TRIES) -> float:
    """Seconds of the fastest of some tries, after one that warms up."""
    act()
    times = []
    for _ in range(tries):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return min(times)
