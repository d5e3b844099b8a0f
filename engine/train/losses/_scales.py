"""The loss over several sizes of output: each against the truth averaged down to its size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from engine.train.losses._face import Weighting, face_loss
from engine.train.losses._filters import along, area
from engine.train.losses._terms import Term


def multiscale(
    truth: Any, areas: Any, predictions: Sequence[Any], terms: Sequence[Term], how: Weighting
) -> Any:
    """(n,): the sum of `face_loss` over predictions (n, side, side, 3) of any sides up to the
    truth's."""
    sides = [predicted.shape[1] for predicted in predictions]
    return tf.add_n(
        [
            face_loss(reduced(truth, side), predicted, reduced(areas, side), terms, how)
            for side, predicted in zip(sides, predictions, strict=True)
        ]
    )


def reduced(pictures: Any, side: int) -> Any:
    """Pictures or masks (n, size, size, c) averaged down to (n, side, side, c), by area."""
    size = pictures.shape[1]
    if side > size:
        raise ValueError(f"a picture of {size} px can't be averaged down to {side} px")
    return pictures if side == size else along(pictures, area(size, side))
