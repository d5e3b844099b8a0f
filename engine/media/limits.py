"""How large the pictures of a medium may be."""

from __future__ import annotations

from engine.errors import BadInput

MAX_SIDE_PX = 16_384
MAX_PIXELS = 134_217_728
"""8K times four: more is a bomb or a mistake, and no machine of ours could hold the frames."""


def check_size(width: int, height: int, shown: str, most: int = MAX_PIXELS) -> None:
    """Refuse pictures beyond the limits, of `most` pixels at most. Raises `BadInput`."""
    if width < 1 or height < 1:
        raise BadInput(f"{shown} says that its pictures are {width}x{height}: it is damaged.")
    if max(width, height) > MAX_SIDE_PX or width * height > most:
        raise BadInput(
            f"{shown} has pictures of {width}x{height}: at most {MAX_SIDE_PX} a side and "
            f"{most // 1_000_000} million pixels are taken."
        )
