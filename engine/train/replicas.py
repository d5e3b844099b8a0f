"""A step on several devices of one machine: each computes a part of the batch with weights of its
own, which stay alike since all are changed by the mean of everyone's gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from engine.errors import BadInput
from engine.train.feed import Batch


def strategy_of_devices() -> Any:
    """What builds and runs a network on the GPUs that this process sees; plain on one or none."""
    gpus = tf.config.get_visible_devices("GPU")
    return tf.distribute.MirroredStrategy() if len(gpus) > 1 else tf.distribute.get_strategy()


def count() -> int:
    """Devices that share each batch, inside a strategy's scope or its step."""
    return int(tf.distribute.get_strategy().num_replicas_in_sync)


def require_parts(batch: int, devices: int) -> None:
    """Raise `BadInput` for a batch that can't be shared out evenly."""
    if batch % devices:
        raise BadInput(
            f"A batch of {batch} can't be shared by {devices} devices: make --batch a multiple of "
            f"{devices}."
        )


def run(strategy: Any, step: Callable[..., None], batch: Batch, *rest: Any) -> None:
    """`step(part of the batch, number of the device, *rest)` on each device."""

    def on_device(batch: Batch, *rest: Any) -> None:
        number = tf.distribute.get_replica_context().replica_id_in_sync_group
        devices = strategy.num_replicas_in_sync
        parts = batch if devices == 1 else Batch(*(part(whole, number, devices) for whole in batch))
        step(parts, number, *rest)

    strategy.run(on_device, args=(batch, *rest))


def part(whole: Any, number: Any, devices: int) -> Any:
    """Of faces of A, then as many of B (2n, ...): one device's of A, then as many of B."""
    sides = tf.reshape(whole, (2, devices, whole.shape[0] // (2 * devices), *whole.shape[1:]))
    own = tf.gather(sides, number, axis=1)
    return tf.reshape(own, (-1, *whole.shape[1:]))


def mean_of_all(values: Any) -> Any:
    """A tensor, or a list or dict of them, averaged over the devices; as it is on one."""
    if count() == 1:
        return values
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.MEAN, values)
