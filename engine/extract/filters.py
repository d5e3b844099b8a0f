"""Filters that reject faces by where their points are; no pixels, so stored rows can be filtered
anew."""

from __future__ import annotations

from engine.errors import BadInput
from engine.faces.boxes import Box
from engine.faces.geometry import Alignment
from engine.settings import ExtractSettings

BROWS, EYES, MOUTH = slice(17, 27), slice(36, 48), slice(48, 68)
"""Of the 68 landmarks."""


def check(settings: ExtractSettings) -> None:
    """Raise `BadInput` if no face could be kept."""
    if 0 < settings.max_face < settings.min_face:
        raise BadInput(
            f"The setting min_face ({settings.min_face:g} %) is above max_face "
            f"({settings.max_face:g} %), so no face would be kept: lower the one or raise the "
            "other."
        )


def rejection(
    settings: ExtractSettings, alignment: Alignment, box: Box, frame_size: tuple[int, int]
) -> str | None:
    """The first filter that rejects a face, as `face.rejected_by` names it; None keeps it.

    `box` is the detector's, `frame_size` width and height, all in frame pixels. What is known of a
    stored face is enough: its alignment is `align` of its points.
    """
    share = 100.0 * max(box[2] - box[0], box[3] - box[1]) / max(min(frame_size), 1)
    if share < settings.min_face:
        return "min_face"
    if settings.max_face and share > settings.max_face:
        return "max_face"
    if settings.max_misalignment and 100.0 * alignment.misalignment > settings.max_misalignment:
        return "misaligned"
    if settings.max_roll and abs(alignment.pose[2]) > settings.max_roll:
        return "roll"
    if not settings.upside_down and is_upside_down(alignment):
        return "upside_down"
    return None


def is_upside_down(alignment: Alignment) -> bool:
    """Whether the lowest of brows and eyes lies below the highest point of the mouth, once the
    face is turned upright: a head that is tilted is not meant, only points in disorder."""
    down = alignment.normalised[:, 1]
    return bool(max(down[BROWS].max(), down[EYES].max()) > down[MOUTH].min())
