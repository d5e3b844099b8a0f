"""How convolutions begin, beside what Keras has."""

from __future__ import annotations

import random
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

NOISE = 0.05
"""Standard deviation of what is added, so that no two filters are alike."""

Floats = NDArray[np.float32]


class ConvAware(keras.initializers.Initializer):
    """Each filter's kernels for its input channels are orthogonal in the Fourier domain, as far
    as there is room, with a little noise, then scaled to a variance of 2 / fan-in.

    Source: A. Aghajanyan, "Convolution Aware Initialization", arXiv 1702.06295, 2017.
    """

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """A kernel (side, side, in, out)."""
        side, _, inputs, filters = shape
        # From Python's generator, as Keras' own initialisers: `set_random_seed` decides it.
        rng = np.random.default_rng(random.getrandbits(64))
        kernel = (spectra(rng, filters, inputs, side) @ spatial(side)).reshape(
            filters, inputs, side, side
        )
        kernel += rng.normal(0.0, NOISE, kernel.shape).astype(np.float32)
        kernel *= np.sqrt(2.0 / (side * side * inputs)) / kernel.std()
        return keras.ops.convert_to_tensor(kernel.transpose(2, 3, 1, 0), dtype)


def spectra(rng: np.random.Generator, filters: int, inputs: int, side: int) -> Floats:
    """(filters, inputs, side x (side // 2 + 1)): real spectra that are rows of random rotations.

    A rotation has as many rows as a spectrum has numbers; where there are more channels a filter
    takes several rotations.
    """
    room = side * (side // 2 + 1)
    rotations = -(-inputs // room)
    drawn = rng.normal(size=(filters, rotations, room, room)).astype(np.float32)
    rotation, triangle = np.linalg.qr(drawn)
    # Without these signs some directions come more often; a 1x1 kernel would never be negative.
    signs = np.sign(np.diagonal(triangle, axis1=-2, axis2=-1))
    rows: Floats = (rotation * signs[..., None, :]).reshape(filters, rotations * room, room)
    return rows[:, :inputs]


def spatial(side: int) -> Floats:
    """(spectrum, side²): the kernels that single frequencies are, as rows."""
    half = (side, side // 2 + 1)
    single = np.eye(half[0] * half[1]).reshape(-1, *half)
    return np.fft.irfft2(single, (side, side)).reshape(len(single), -1).astype(np.float32)
