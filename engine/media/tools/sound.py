"""Another file's sound put to a film; the picture is copied as it is."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from engine.errors import BadInput
from engine.media.probe import open_video, probe
from engine.media.read import packet_times
from engine.media.streams import clock_start_s
from engine.media.tools.aside import film_aside
from engine.media.tools.remux import Span, remux
from engine.protocol import safe_text

SOUND_FORMATS = ("wav", "w64", "mp3", "flac", "ogg", "aac", "aiff", "ac3", "eac3")
"""FFmpeg's names of containers that hold sound alone."""
LONGEST_DELAY_S = 24 * 3600.0


def run(
    source: Path, out: Path, *, sound: Path, delay: float = 0.0, keep: bool = False,
    overwrite: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Write the film with all sound tracks of `sound` in the place of its own, or behind them with
    `keep`. The sound begins `delay` seconds after the picture's clock (below 0: so much of it is
    left out), and ends with the picture. Raises `BadInput`.
    """
    shown = safe_text(str(source))
    if probe(source).kind != "video":
        raise BadInput(f"{shown} is no video: sound can only be put to a video.")
    if not abs(delay) <= LONGEST_DELAY_S:
        raise BadInput("The sound can be moved by a day at most.")
    tracks, begins_s = _tracks(sound)
    with open_video(source) as film:
        start_s = clock_start_s(film)
    by_s = begins_s - Fraction(delay).limit_denominator(1_000_000)
    own = frozenset({"video", "subtitle", *(("audio",) if keep else ())})
    picture = Span(source, own, back_s=start_s)
    added = Span(
        sound,
        frozenset({"audio"}),
        start_s=by_s,
        stop_s=_end_s(source) - start_s + by_s,
        back_s=by_s,
        formats=SOUND_FORMATS,
    )
    with film_aside(out, source, overwrite) as part:
        said = remux(part, [picture, added], head=0)
    return {"path": str(out), "tracks": tracks, "said": said}


def _tracks(path: Path) -> tuple[int, Fraction]:
    """How many sound tracks a file has and when its clock begins. Raises `BadInput`."""
    shown = safe_text(str(path))
    if not path.is_file():
        raise BadInput(f"There is no file {shown} to take sound from.")
    with open_video(path, SOUND_FORMATS) as container:
        if not container.streams.audio:
            raise BadInput(f"{shown} has no sound in it.")
        return len(container.streams.audio), clock_start_s(container)


def _end_s(source: Path) -> Fraction:
    """When the last frame ends, by the film's own clock."""
    times = packet_times(source)
    last = times[-1] - times[-2] if len(times) > 1 else 0
    return (times[-1] + last) * probe(source).time_base
