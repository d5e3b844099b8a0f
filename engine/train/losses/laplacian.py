"""Absolute difference of the bands of a Laplacian pyramid, a map.

Five bands, each the picture less its 5x5 Gaussian blur of sigma 1, the blurred one halved for the
next, and what is left at the end. The published sum over a band is weighted by 4^level, as many
times as it has fewer pixels: so each band's mean counts alike. Here each is spread over the pixels
that it stands for, and the map's mean is the sum of the bands' means. A picture whose size halves
to an odd one or to less than 4 px has fewer bands.

Source: P. Bojanowski et al., "Optimizing the Latent Space of Generative Networks", ICML 2018,
section 3.2; P. Burt, E. Adelson, "The Laplacian Pyramid as a Compact Image Code", 1983.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from engine.train.losses._filters import along, area, edged, gaussian

MAP = True
BANDS = 5
TAPS, SIGMA = 5, 1.0


def loss(truth: Any, predicted: Any) -> Any:
    """(n, size, size, 3)."""
    size = truth.shape[1]
    # The pyramid is linear: that of the difference is the difference of both.
    return tf.add_n([spread(tf.abs(values), size) for values in pyramid(truth - predicted)])


def pyramid(pictures: Any) -> list[Any]:
    """The bands from the finest on, and what is left."""
    bands = []
    for _ in range(BANDS):
        size = pictures.shape[1]
        if size % 2 or size < TAPS - 1:
            break
        blurred = along(pictures, edged(gaussian(TAPS, SIGMA), size, "reflect"))
        bands.append(pictures - blurred)
        pictures = along(blurred, area(size, size // 2))
    return [*bands, pictures]


def spread(values: Any, size: int) -> Any:
    """Each value over the block of pixels that it stands for."""
    times = size // values.shape[1]
    return tf.repeat(tf.repeat(values, times, axis=1), times, axis=2) if times > 1 else values
