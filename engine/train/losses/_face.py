"""What a predicted face costs: its losses, weighted by the face mask and by eyes and mouth.

Of a loss that is a map, the weight w of a pixel is, with face, eyes and mouth in 0..1:

    base = BACKGROUND + (1 - BACKGROUND) face
    w    = base + face ((eye_multiplier - 1) eyes + (mouth_multiplier - 1) mouth)
    loss = sum(w map) / sum(base)

so that inside the mask eyes weigh `eye_multiplier` times what the rest does, a multiplier takes
nothing from the rest, and a small face in its crop counts as much as a large one. A loss without a
map is taken of the pictures times `base`, and again, times (multiplier - 1), of the pictures times
face and eyes, and times face and mouth. With a mask that doesn't count, face is 1 everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import tensorflow as tf

from engine.train.losses._registry import Loss, load
from engine.train.losses._terms import Term

BACKGROUND = 0.05
"""Weight of pixels outside the face: enough to keep the mask's soft edge sane."""


@dataclass(frozen=True)
class Weighting:
    """How much which part of a face counts."""

    penalised: bool = True
    """Whether the mask counts; else the whole picture does."""
    eye_multiplier: float = 1.0
    """1 to 40: how many times as much as the rest of the face; 1 is no emphasis."""
    mouth_multiplier: float = 1.0


def face_loss(truth: Any, predicted: Any, areas: Any, terms: Sequence[Term], how: Weighting) -> Any:
    """(n,): the weighted sum of the terms for each face, of pictures (n, size, size, 3) in 0..1.

    `areas` is (n, size, size, 1 to 3): face mask, eyes, mouth, each in 0..1.
    """
    mask = areas[..., :1]
    face = mask if how.penalised else tf.ones_like(mask)
    base = BACKGROUND + (1.0 - BACKGROUND) * face
    extra = _emphasis(areas, face, how)
    return tf.add_n([t.weight * _cost(load(t.name), truth, predicted, base, extra) for t in terms])


def mask_loss(truth: Any, predicted: Any, kind: Literal["mae", "mse"] = "mse") -> Any:
    """(n,): what a learnt mask (n, size, size, 1) costs, every pixel alike."""
    return tf.reduce_mean(load(kind).loss(truth, predicted), axis=[1, 2, 3])


def weighted_mean(values: Any, weight: Any, base: Any) -> Any:
    """The sum of a map (n, h, w, c), weighted by pixel, over the sum of `base`, for each face."""
    total = tf.reduce_sum(base, axis=[1, 2, 3]) * values.shape[-1]
    return tf.reduce_sum(values * weight, axis=[1, 2, 3]) / total


def _emphasis(areas: Any, face: Any, how: Weighting) -> list[tuple[float, Any]]:
    """By how much eyes and mouth weigh more than the face, with their masks; none where none do."""
    found = []
    for channel, multiplier in enumerate((how.eye_multiplier, how.mouth_multiplier), 1):
        if multiplier == 1.0:
            continue
        if areas.shape[-1] <= channel:
            raise ValueError("a multiplier needs its mask among the areas")
        found.append((multiplier - 1.0, face * areas[..., channel : channel + 1]))
    return found


def _cost(loss: Loss, truth: Any, predicted: Any, base: Any, extra: list[tuple[float, Any]]) -> Any:
    """(n,): one loss, by its map or of the masked pictures."""
    if not loss.MAP:
        parts = [(1.0, base), *extra]
        return tf.add_n([m * loss.loss(truth * area, predicted * area) for m, area in parts])
    weight = tf.add_n([base, *(m * area for m, area in extra)]) if extra else base
    values = loss.loss(truth, predicted)
    border = (truth.shape[1] - values.shape[1]) // 2
    return weighted_mean(values, _inside(weight, border), _inside(base, border))


def _inside(weight: Any, border: int) -> Any:
    return weight[:, border:-border, border:-border] if border else weight
