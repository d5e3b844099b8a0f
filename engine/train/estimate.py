"""What a training will need of memory and disk, told from its graph before it runs."""

from __future__ import annotations

import resource
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import psutil
import tensorflow as tf

from engine.train.trainer import Trainer

MIB = 2**20
BACKWARD = "gradient_tape/"
"""TensorFlow puts the operations of the way back under this name."""


class Needs(NamedTuple):
    """Memory and disk in MiB."""

    memory_mib: int
    """While it trains: on a CPU with the program itself, on a GPU what lies there."""
    save_mib: int
    """Of one save."""
    disk_mib: int
    """Of all saves that are kept at once, and the one that is being written."""


def needs(graph: Any, trainer: Trainer, program: int, saves: int) -> Needs:
    """Foretell from a step's graph and the trainer's variables.

    `program` are the bytes that the process held before the network was built. The way back needs
    the results of the way forward that its operations read: those, the weights, their gradients
    and moments are what a step holds at its fullest.
    """
    gradients = _bytes(trainer.variables.values())
    saved = _bytes(trainer.everything())
    held = program + saved + gradients + kept_forward(graph)
    return Needs(
        memory_mib=round(held / MIB),
        save_mib=round(saved / MIB),
        disk_mib=round(saved * (saves + 1) / MIB),
    )


def _bytes(variables: Iterable[Any]) -> int:
    """What variables take."""
    return sum(int(np.prod(v.shape)) * v.dtype.size for v in variables)


def program_bytes() -> int:
    """What the process holds now of the memory that a training is measured by."""
    return 0 if on_gpu() else int(psutil.Process().memory_info().rss)


def kept_forward(graph: Any) -> int:
    """Bytes that the way forward computes and the way back reads."""
    kept = {}
    for op in graph.get_operations():
        if not op.name.startswith(BACKWARD):
            continue
        for tensor in op.inputs:
            source = tensor.op
            known = tensor.shape.is_fully_defined()
            # Weights are counted once, whatever reads them.
            stored = source.type in ("ReadVariableOp", "Placeholder", "Const")
            if known and not stored and not source.name.startswith(BACKWARD):
                kept[tensor.name] = int(np.prod(tensor.shape)) * tensor.dtype.size
    return sum(kept.values())


def peak_mib() -> int:
    """The most memory that was held at once: the first GPU's, or the process's on a CPU."""
    if on_gpu():
        return round(tf.config.experimental.get_memory_info("GPU:0")["peak"] / MIB)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def on_gpu() -> bool:
    """Whether steps are computed on a GPU."""
    return bool(tf.config.get_visible_devices("GPU"))


def free_memory_mib() -> int | None:
    """What more a training could take; None where the device doesn't tell."""
    return None if on_gpu() else int(psutil.virtual_memory().available // MIB)
