"""The user's own mask: painted in the program or brought from another.

It begins as the extended hull in the crop that the saved face picture shows, so that painting
corrects it. One that is there is never made again.
"""

from __future__ import annotations

from engine.extract.segment._drawn import Drawn


class Segmenter(Drawn):
    """Draws what painting begins with."""

    name = "custom"
    kind = "extended"
    centring = "head"
