"""A film at another size: pictures encoded anew, everything else as it was."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.errors import BadInput
from engine.media.codecs import Encoding
from engine.media.limits import check_size
from engine.media.probe import probe
from engine.media.tools.aside import film_aside
from engine.media.tools.encode import encode, rejoined
from engine.media.write import look_of
from engine.protocol import safe_text


def run(
    source: Path, out: Path, *, size: str, overwrite: bool = False, crf: int = 18
) -> dict[str, Any]:
    """Write the film at `1280x720`, `1280x`, `x720` or `50%`, as it is displayed.

    A side that isn't given follows from the film's shape, to an even number; both sides stretch
    the picture and make its pixels square. Raises `BadInput`.
    """
    info = probe(source)
    if info.kind != "video":
        raise BadInput(f"{safe_text(str(source))} is no video: only a video can be rescaled.")
    width, height, stretched = sides(size, info.width, info.height)
    coded = (height, width) if info.rotation in (90, 270) else (width, height)
    look = look_of(source)
    now = replace(
        look,
        width=coded[0],
        height=coded[1],
        pixel_format=Encoding().working_format(look.pixel_format, *coded),
        sample_aspect=None if stretched else look.sample_aspect,
    )
    with (
        film_aside(out, source, overwrite) as part,
        encode(source, part, crf=crf, look=now) as pictures,
    ):
        said = rejoined(source, part, pictures, now)
    return {"path": str(out), "width": width, "height": height, "said": said}


def sides(text: str, width: int, height: int) -> tuple[int, int, bool]:
    """Width and height that a size means for a film of this one, and whether both were given.

    Raises `BadInput`.
    """
    share = re.fullmatch(r"(\d{1,4}(?:\.\d{1,4})?)%", text, re.ASCII)
    both = re.fullmatch(r"(\d{1,5})?x(\d{1,5})?", text, re.ASCII)
    wide, high = (None if n is None else int(n) for n in both.groups()) if both else (None, None)
    factor = float(share[1]) / 100.0 if share else 0.0
    if 0 in (wide, high) or (not factor and wide is None and high is None):
        raise BadInput(
            f"'{safe_text(text)}' is no size: give one as in 1280x720, 1280x, x720 or 50%."
        )
    if wide and high:
        found = (wide, high, True)
    elif wide:
        found = (wide, _even(height * wide / width), False)
    elif high:
        found = (_even(width * high / height), high, False)
    else:
        found = (_even(width * factor), _even(height * factor), False)
    check_size(found[0], found[1], f"A film of {safe_text(text)}")
    return found


def _even(side: float) -> int:
    return max(2, 2 * round(side / 2))
