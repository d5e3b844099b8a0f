"""How large the pictures of a medium may be, and how large they become."""

from __future__ import annotations

from engine.errors import BadInput

MAX_SIDE_PX = 16_384
MAX_PIXELS = 134_217_728
"""8K times four: more is a bomb or a mistake, and no machine of ours could hold the frames."""
LEAST_SIDE_PX = 16
"""Of pictures that are scaled: encoders refuse smaller ones, each in its own words."""


def check_size(width: int, height: int, shown: str, most: int = MAX_PIXELS) -> None:
    """Refuse pictures beyond the limits, of `most` pixels at most. Raises `BadInput`."""
    if width < 1 or height < 1:
        raise BadInput(f"{shown} says that its pictures are {width}x{height}: it is damaged.")
    if max(width, height) > MAX_SIDE_PX or width * height > most:
        raise BadInput(
            f"{shown} has pictures of {width}x{height}: at most {MAX_SIDE_PX} a side and "
            f"{most // 1_000_000} million pixels are taken."
        )


def scaled_size(width: int, height: int, scale: float, shown: str) -> tuple[int, int]:
    """Width and height of a picture at `scale` per cent. An even side stays even, which most
    codecs and all halved chroma want. Raises `BadInput` for a size that can't be written."""
    if scale == 100.0:
        return width, height
    made = _scaled(width, scale), _scaled(height, scale)
    check_size(*made, f"{shown} at {scale:g} %")
    if min(made) < LEAST_SIDE_PX:
        raise BadInput(
            f"{shown} at {scale:g} % has pictures of {made[0]}x{made[1]}: at least "
            f"{LEAST_SIDE_PX} a side are written, so set a larger output-scale."
        )
    return made


def _scaled(side: int, scale: float) -> int:
    step = 1 if side % 2 else 2
    return step * round(side * scale / 100.0 / step)
