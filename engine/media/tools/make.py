"""A film of a folder of pictures; times, sound and colours of another film where one is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from engine.errors import BadInput
from engine.media.codecs import Encoding
from engine.media.pictures import picture_head, read_deep_picture, read_picture
from engine.media.probe import pictures_in, probe
from engine.media.read import packet_times
from engine.media.sequence import rate_of
from engine.media.tools.aside import film_aside
from engine.media.tools.encode import rejoined, written
from engine.media.tools.remux import Span, remux
from engine.media.write import HD_TAGS, Look, coded, look_of
from engine.protocol import safe_text


def run(
    source: Path, out: Path, *, fps: str = "", like: Path | None = None, overwrite: bool = False,
    crf: int = 18,
) -> dict[str, Any]:  # fmt: skip
    """Encode the pictures of a folder in the natural order of their names.

    With `like` each is shown when that film's frame is, and its sound, subtitles, chapters and
    metadata come along: by the number that a picture's name ends in, else in order. With `fps` (a
    number or a fraction) they follow each other at that rate. Raises `BadInput`.
    """
    shown = safe_text(str(source))
    if not source.is_dir():
        raise BadInput(f"{shown} is no folder of pictures.")
    pictures = pictures_in(source)
    if not pictures:
        raise BadInput(f"{shown} has no picture in it.")
    if fps and like:
        raise BadInput("Give either --fps or --like: the other film has its own times.")
    look = look_for(pictures[0], like, rate_of(fps))
    times = times_like(pictures, like) if like else list(range(len(pictures)))
    with film_aside(out, like or pictures[0], overwrite) as part:
        frames = zip(times, _frames(pictures, look), strict=True)
        with written(frames, part, look, crf) as made:
            alone = Span(made.path, frozenset({"video"}))
            said = rejoined(like, part, made, look) if like else remux(part, [alone])
    return {"path": str(out), "frames": len(pictures), "said": said}


def look_for(first: Path, like: Path | None, rate: Fraction) -> Look:
    """How the film is encoded: the size of the first picture, the colours of `like`."""
    head = picture_head(first)
    if like is None:
        form = "yuv420p10le" if head.deep else "yuv420p"
        form = Encoding().working_format(form, head.width, head.height)
        return Look(head.width, head.height, form, rate, 1 / rate, HD_TAGS, None, None)
    found = look_of(like)
    form = Encoding().working_format(found.pixel_format, head.width, head.height)
    info = probe(like)
    same = (info.width, info.height) == (head.width, head.height)
    return replace(
        found,
        width=head.width,
        height=head.height,
        pixel_format=form,
        sample_aspect=found.sample_aspect if same and not info.rotation else None,
        display_matrix=None,  # the pictures are turned already
    )


def times_like(pictures: list[Path], like: Path) -> list[int]:
    """When each picture is shown, in units of the film's time base. Raises `BadInput`."""
    times = packet_times(like)
    ends = [re.search(r"(\d{1,9})$", path.stem, re.ASCII) for path in pictures]
    numbers = [int(end[1]) - 1 for end in ends if end]
    numbered = len(numbers) == len(pictures) and numbers == sorted(set(numbers))
    if numbered and numbers[0] >= 0 and numbers[-1] < len(times):
        return [times[n] for n in numbers]
    if len(times) == len(pictures):
        return times
    raise BadInput(
        f"{safe_text(str(like))} has {len(times)} frames and there are {len(pictures)} pictures "
        "whose names don't end in the frames' numbers: give --fps."
    )


def _frames(pictures: list[Path], look: Look) -> Iterator[Any]:
    for path in pictures:
        rgb = read_deep_picture(path) if "10" in look.pixel_format else read_picture(path)
        if rgb.shape[:2] != (look.height, look.width):
            raise BadInput(
                f"{safe_text(path.name)} is {rgb.shape[1]}x{rgb.shape[0]} and the first picture "
                f"{look.width}x{look.height}: all must be of one size."
            )
        yield coded(rgb, look)
