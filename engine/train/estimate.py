"""What a training will need of memory and disk, told from its graph before it runs."""

from __future__ import annotations

import resource
from typing import Any, NamedTuple

import numpy as np
import psutil
import tensorflow as tf

MIB = 2**20
BACKWARD = "gradient_tape/"
"""TensorFlow puts the operations of the way back under this name."""
HELD = 2
"""Copies of the weights beside the moments: themselves and their gradients."""


class Needs(NamedTuple):
    """Memory and disk in MiB."""

    weights: int
    """Numbers that the network has."""
    memory_mib: int
    """While it trains, with the program itself."""
    save_mib: int
    """Of one save."""
    disk_mib: int
    """Of all saves that are kept at once, and the one that is being written."""


def needs(graph: Any, weights: int, learning: int, slots: int, saves: int) -> Needs:
    """Foretell from a step's graph; `learning` of the weights have `slots` moments each.

    The way back needs the results of the way forward that its operations read: those, the weights,
    their gradients and moments are what a step holds at its fullest.
    """
    program = psutil.Process().memory_info().rss
    held = 4 * (HELD * weights + slots * learning)
    save = 4 * (weights + slots * learning)
    return Needs(
        weights=weights,
        memory_mib=round((program + held + kept_forward(graph)) / MIB),
        save_mib=round(save / MIB),
        disk_mib=round(save * (saves + 1) / MIB),
    )


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
    if tf.config.list_physical_devices("GPU"):
        return round(tf.config.experimental.get_memory_info("GPU:0")["peak"] / MIB)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
