"""The oval of the face mesh. A face whose aligner gives no mesh gets the extended hull."""

from __future__ import annotations

from engine.extract.segment._drawn import Drawn


class Segmenter(Drawn):
    """Draws it."""

    name = kind = "oval"
