"""The hull of the 68 landmarks, which reaches over the brows."""

from __future__ import annotations

from engine.extract.segment._drawn import Drawn


class Segmenter(Drawn):
    """Draws it."""

    name = kind = "extended"
