"""The figures of a quality report: what each says and which end of it is bad."""

from __future__ import annotations

from typing import Literal

import msgspec


class Kind(msgspec.Struct, frozen=True):
    """One figure."""

    name: str
    about: str
    short: str
    """The same for a line of a terminal, with its unit or what the source itself would have."""
    unit: str
    worse: Literal["larger", "smaller"]


KINDS = (
    Kind("to_new", "distance to the new person", "distance to the new person", "", "larger"),
    Kind(
        "to_replaced", "distance to the replaced person", "distance to the replaced", "", "smaller"
    ),
    Kind("pose", "pose against the source", "pose, degrees", "degrees", "larger"),
    Kind(
        "expression",
        "expression against the source",
        "expression, % of the face",
        "% of the face",
        "larger",
    ),
    Kind(
        "flicker",
        "flicker beyond the source's",
        "flicker (the source: 0)",
        "levels of 255",
        "larger",
    ),
    Kind(
        "edge",
        "step along the mask's edge beyond the source's",
        "mask edge (the source: 0)",
        "levels of 255",
        "larger",
    ),
    Kind(
        "sharpness",
        "sharpness against the surroundings, source 1",
        "sharpness (the source: 1)",
        "",
        "smaller",
    ),
)
