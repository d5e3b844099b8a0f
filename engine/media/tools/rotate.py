"""A film turned or mirrored: by what the container says of it where that is enough, else by turning
every picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np

from engine.errors import BadInput
from engine.media.planes import samples
from engine.media.probe import open_video, probe
from engine.media.streams import clock_start_s
from engine.media.tools.aside import film_aside
from engine.media.tools.encode import encode, rejoined
from engine.media.tools.remux import Span, remux
from engine.media.write import Look, fitted, look_of
from engine.protocol import safe_text

ONE = 1 << 16
LAST = 1 << 30
"""Units of a display matrix: 16.16 fixed point, its last number 2.30 (ISO/IEC 14496-12, 6.2.2)."""
UPRIGHT = (ONE, 0, 0, 0, ONE, 0, 0, 0, LAST)
ALL = frozenset({"video", "audio", "subtitle"})


def run(
    source: Path, out: Path, *, degrees: int = 0, flip: str = "", pixels: bool = False,
    overwrite: bool = False, crf: int = 18,
) -> dict[str, Any]:  # fmt: skip
    """Turn the displayed film clockwise, then mirror it (`flip` horizontal or vertical).

    A turn alone is written into the container and no picture is encoded, unless `pixels` asks for
    it or the container doesn't keep it; few players mirror by the container, so that is always
    done to the pictures. Raises `BadInput`.
    """
    info = probe(source)
    if info.kind != "video":
        raise BadInput(f"{safe_text(str(source))} is no video: only a video can be turned.")
    if degrees % 90 or flip not in ("", "horizontal", "vertical"):
        raise BadInput("A film is turned by 90, 180 or 270 degrees, or flipped.")
    if not degrees % 360 and not flip and not pixels:
        raise BadInput("Nothing is to be turned: give --degrees or --flip.")
    total = (info.rotation + degrees) % 360
    with film_aside(out, source, overwrite) as part:
        said = None if flip or pixels else _told(source, part, degrees, total)
        encoded = said is None
        if said is None:
            said = _turned(source, part, total // 90, flip, crf)
    return {"path": str(out), "encoded": encoded, "said": said}


def matrix_turned(matrix: tuple[int, ...], degrees: int) -> tuple[int, ...]:
    """A display matrix followed by a turn clockwise; it keeps a mirror image one."""
    quarter = np.array([[0, 1], [-1, 0]])
    turn = np.linalg.matrix_power(quarter, degrees // 90 % 4)
    (a, b), (c, d) = (np.array(matrix).reshape(3, 3)[:2, :2] @ turn).tolist()
    return int(a), int(b), 0, int(c), int(d), 0, 0, 0, LAST


def _told(source: Path, part: Path, degrees: int, total: int) -> list[str] | None:
    """The film copied with another display matrix; None if that didn't hold."""
    with open_video(source) as container:
        start = clock_start_s(container)
    matrix = matrix_turned(look_of(source).display_matrix or UPRIGHT, degrees)
    said = remux(part, [Span(source, ALL, back_s=start, matrix=matrix)])
    return said if probe(part).rotation == total else None


def _turned(source: Path, part: Path, quarters: int, flip: str, crf: int) -> list[str]:
    """The film with every picture turned; the container says nothing of it any more."""
    look = look_of(source)
    now = replace(look, display_matrix=None)
    if quarters % 2:
        aspect = look.sample_aspect
        now = replace(
            now, width=look.height, height=look.width, sample_aspect=1 / aspect if aspect else None
        )

    def change(frame: Any) -> Any:
        return turned(fitted(frame, look), now, quarters, flip)

    with encode(source, part, crf=crf, look=now, change=change) as pictures:
        return rejoined(source, part, pictures, now)


def turned(frame: Any, look: Look, quarters: int, flip: str) -> Any:
    """A frame in its working format by so many quarter turns clockwise, then mirrored: samples
    change places, none changes its value."""
    made = av.VideoFrame(look.width, look.height, look.pixel_format)
    for aim, plane in zip(samples(made), samples(frame), strict=True):
        placed = np.rot90(plane, -quarters)
        if flip:
            placed = placed[:, ::-1] if flip == "horizontal" else placed[::-1]
        aim[:] = placed
    made.duration = frame.duration
    return made
