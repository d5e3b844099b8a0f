"""Each RGB channel takes the target's distribution, but for the outermost values.

Source: R. Gonzalez and R. Woods, "Digital Image Processing", section on histogram matching.
"""

from __future__ import annotations

import numpy as np

from engine.convert.colours import Picture, Weight
from engine.convert.colours._quantiles import TAIL, distribution


def matched(face: Picture, target: Picture, weight: Weight) -> Picture:
    """By ranks within the mask; pixels outside go along with those inside."""
    count = weight.astype(np.float64).ravel()
    channels = []
    for number in range(3):
        own = face[:, :, number].astype(np.float64).ravel()
        have = distribution(own, count)
        aims, places = distribution(target[:, :, number].astype(np.float64).ravel(), count)
        rank = np.clip(np.interp(own, *have), TAIL, 1.0 - TAIL)
        channels.append(np.interp(rank, places, aims).reshape(weight.shape))
    return np.stack(channels, axis=-1).astype(np.float32)
