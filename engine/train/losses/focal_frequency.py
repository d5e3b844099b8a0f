"""Focal frequency loss: squared difference of the spectra, most where they differ most. No map.

With orthonormal spectra F of each channel: the mean over frequencies of w |F_t - F_p|^2, where
w = |F_t - F_p| over its largest, and isn't learnt through (alpha 1, the whole picture one patch).

Source: L. Jiang, B. Dai, W. Wu, C. C. Loy, "Focal Frequency Loss for Image Reconstruction and
Synthesis", ICCV 2021.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

MAP = False


def loss(truth: Any, predicted: Any) -> Any:
    """(n,): the mean over the channels."""
    size = truth.shape[1]
    channels_first = tf.transpose(truth - predicted, [0, 3, 1, 2])
    spectrum = tf.signal.rfft2d(channels_first) / size
    energy = tf.square(tf.math.real(spectrum)) + tf.square(tf.math.imag(spectrum))
    strength = tf.sqrt(tf.stop_gradient(energy))
    largest = tf.reduce_max(strength, axis=[2, 3], keepdims=True)
    weighted = tf.math.divide_no_nan(strength, largest) * energy * half_spectrum(size)
    return tf.reduce_sum(weighted, axis=[1, 2, 3]) / (3.0 * size * size)


def half_spectrum(size: int) -> NDArray[np.float32]:
    """How often each column stands in the whole spectrum, of which the half is computed."""
    times = np.full(size // 2 + 1, 2.0, np.float32)
    times[0] = 1.0
    if size % 2 == 0:
        times[-1] = 1.0
    return times
