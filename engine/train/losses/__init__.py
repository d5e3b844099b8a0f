"""Losses, one a file: the folder is the registry; and what they cost a face together.

A loss file holds `MAP` and `loss(truth, predicted)` of float32 pictures (n, size, size, 3) in
0..1. Where `MAP` is true it returns a map over the pixels, (n, h, w, 1 or 3), the size of the
picture or smaller by the same border all around; else one number a face, (n,). A loss on a network
whose weights are a file also has `require()`, which reads them.
"""

from __future__ import annotations

from engine.train.losses._face import BACKGROUND, Weighting, face_loss, mask_loss
from engine.train.losses._registry import Loss, load, names
from engine.train.losses._scales import multiscale, reduced
from engine.train.losses._terms import Term, parse, require

__all__ = [
    "BACKGROUND",
    "Loss",
    "Term",
    "Weighting",
    "face_loss",
    "load",
    "mask_loss",
    "multiscale",
    "names",
    "parse",
    "reduced",
    "require",
]
