"""TensorFlow as the networks of extraction share it."""

from __future__ import annotations

import tensorflow as tf


def leave_memory_to_others() -> None:
    """Take a GPU's memory as it is needed; it is too late for that once TensorFlow runs."""
    for gpu in tf.config.list_physical_devices("GPU"):
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except RuntimeError:
            return


def device() -> str:
    """The first GPU that this step may use, else the CPU, as TensorFlow names them."""
    return "GPU:0" if tf.config.list_physical_devices("GPU") else "CPU:0"
