"""What is asked of the warm preview of converting: the arguments of its command `look`. Light."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from engine.errors import BadInput
from engine.protocol import safe_text

View = Literal["before", "after", "mask"]
Show = Literal["both", "swap", "before", "mask", "all"]
SHOWS: tuple[str, ...] = get_args(Show)
VIEWS: dict[Show, tuple[View, ...]] = {
    "both": ("before", "after"),
    "swap": ("after",),
    "before": ("before",),
    "mask": ("mask",),
    "all": ("before", "after", "mask"),
}
"""What is seen of each frame."""
MOST_FRAMES = 12
SPAN = re.compile(r"(\d{1,9})\s*(?:-\s*(\d{1,9}))?", re.ASCII)


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A still of one frame, or a strip of some."""

    clip: str = ""
    """By its name; the first one where none is named."""
    frames: Annotated[list[Annotated[int, Meta(ge=1)]], Meta(max_length=MOST_FRAMES)] = []
    """From 1; where none is named, the middle one of those with a face."""
    near: bool = False
    """Whether a frame without a face gives way to the nearest one that has one."""
    settings: dict[str, Any] = {}
    """Of convert by name, over the project's own."""
    show: Show = "both"
    close: bool = False
    """Only what is around the largest face."""


def request_of(args: dict[str, Any]) -> Request:
    """A command's arguments, checked but for the settings. Raises `BadInput`."""
    try:
        return msgspec.convert(args, Request)
    except msgspec.ValidationError as error:
        raise BadInput(
            f"That can't be previewed: {safe_text(str(error))}. Name up to {MOST_FRAMES} frames "
            f"from 1, and one of {', '.join(SHOWS)}."
        ) from error


def frames_of(text: str) -> list[int]:
    """Frames as they are typed, `10,20,30`; of a range, `40-400`, some, evenly spread. Raises
    `BadInput`."""
    ends = [SPAN.fullmatch(word.strip()) for word in text.split(",")]
    spans = [(int(m[1]), int(m[2] or m[1])) for m in ends if m]
    if len(spans) < len(ends) or len(ends) > MOST_FRAMES or any(not 0 < a <= b for a, b in spans):
        raise BadInput(
            f"Frames can't be '{safe_text(text)}': name up to {MOST_FRAMES}, counted from 1, with "
            "commas between, as in 10,20,30, or a range of which some are shown, as in 40-400."
        )
    most = MOST_FRAMES // len(spans)
    return [frame for first, last in spans for frame in _spread(first, last, most)]


def has_range(text: str) -> bool:
    """Whether frames are typed as a range: those shown are near what it names."""
    return "-" in text


def _spread(first: int, last: int, most: int) -> list[int]:
    """At most so many from first to last, both among them where there is room for two."""
    steps = min(most - 1, last - first)
    return (
        [first + round(n * (last - first) / steps) for n in range(steps + 1)] if steps else [first]
    )
