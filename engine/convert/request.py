"""What is asked of the warm preview of converting: the arguments of its command `look`. Light."""

from __future__ import annotations

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


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A still of one frame, or a strip of some."""

    clip: str = ""
    """By its name; the first one where none is named."""
    frames: Annotated[list[Annotated[int, Meta(ge=1)]], Meta(max_length=MOST_FRAMES)] = []
    """From 1; where none is named, the middle one of those with a face."""
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
    """Frames as they are typed, `10,20,30`. Raises `BadInput`."""
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() and int(word) for word in words) or len(words) > MOST_FRAMES:
        raise BadInput(
            f"Frames can't be '{safe_text(text)}': name up to {MOST_FRAMES}, counted from 1, with "
            "commas between, as in 10,20,30."
        )
    return [int(word) for word in words]
