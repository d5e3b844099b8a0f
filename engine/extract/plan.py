"""What a change of settings asks to be made anew."""

from __future__ import annotations

from dataclasses import dataclass

from engine.settings import ExtractSettings

SELECTION = ("frames", "times", "every")
DETECTION = ("detector", "confidence", "presence", "rotate")
ALIGNMENT = ("aligner", "refeed", "realign", "normalise")
FROM_FILE = "file"
"""The networks of this name read `faces_file`."""


@dataclass(frozen=True)
class Change:
    """What differs between the settings that a medium has and those that it is to have.

    Identity, masks and figures are not here: what a face lacks of them shows in its rows.
    """

    select: bool
    """Other frames are wanted."""
    look: bool
    """Faces are to be found anew."""
    align: bool
    """Their points are."""
    crop: bool
    """Their pictures are."""
    smooth: bool
    """The points are to be smoothed otherwise."""
    group: bool
    """Faces are to be grouped by person otherwise."""

    @classmethod
    def between(cls, before: ExtractSettings, after: ExtractSettings) -> Change:
        """The change from one to the other."""

        def differs(*names: str) -> bool:
            return any(getattr(before, name) != getattr(after, name) for name in names)

        detect = list(DETECTION)
        if after.detector == FROM_FILE:
            detect.append("faces_file")
        if after.aligner == FROM_FILE:  # its points come with the file's boxes
            detect.append("aligner")
        return cls(
            select=differs(*SELECTION),
            look=differs(*detect),
            align=differs(*ALIGNMENT),
            crop=differs("size"),
            smooth=differs("smooth"),
            group=differs("threshold"),
        )
