"""A stretch of a film as a film of its own.

Packets are copied where the stretch is a run of whole packets that begins with a key frame; else
the pictures are encoded anew and the sound is copied.
"""

from __future__ import annotations

import bisect
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av

from engine.errors import BadInput, NothingToDo
from engine.media.probe import open_video, plain, probe, video_stream
from engine.media.tools.aside import film_aside
from engine.media.tools.encode import BESIDE, encode
from engine.media.tools.remux import Span as Stretch
from engine.media.tools.remux import remux
from engine.media.write import look_of
from engine.protocol import safe_text
from engine.spans import ROUNDING_S, frame_spans, time_spans


class Packet(NamedTuple):
    """A packet of the picture."""

    pts: int
    key: bool


def run(
    source: Path, out: Path, *, frames: str = "", times: str = "", keys: bool = False,
    overwrite: bool = False, crf: int = 18,
) -> dict[str, Any]:  # fmt: skip
    """Write the frames of one stretch; `keys` widens it to the nearest key frames outside, so that
    nothing is encoded.

    Raises `BadInput` for words that are no single stretch, `NothingToDo` for an empty one.
    """
    info = probe(source)
    shown = safe_text(str(source))
    if info.kind != "video":
        raise BadInput(f"{shown} is no video: only a video can be sliced.")
    packets = packets_of(source)
    stamps = sorted({p.pts for p in packets})
    if not stamps:
        raise BadInput(f"{shown} has no time stamps: put it into another container first.")
    first, stop = stretch(frames, times, stamps, info.time_base)
    if first >= stop:
        raise NothingToDo(f"{shown} has {len(stamps)} frames and none of them is in the slice.")
    if keys:
        first, stop = widened(packets, stamps, first, stop)
    base = info.time_base
    start_s = stamps[first] * base
    stop_s = stamps[stop] * base if stop < len(stamps) else None
    copied = copies(packets, stamps, first, stop)
    beside = Stretch(source, BESIDE, start_s, stop_s, start_s)
    with film_aside(out, source, overwrite) as part:
        if copied:
            whole = Stretch(source, BESIDE | {"video"}, start_s, stop_s, start_s)
            said = remux(part, [whole])
        else:
            with encode(source, part, first=first, stop=stop, crf=crf) as pictures:
                matrix = look_of(source).display_matrix
                film = Stretch(pictures.path, frozenset({"video"}), matrix=matrix)
                said = remux(part, [film, beside])
    return {
        "path": str(out),
        "frames": stop - first,
        "first": first + 1,
        "last": stop,
        "start_s": float(start_s - stamps[0] * base),
        "encoded": not copied,
        "said": said,
    }


def packets_of(path: Path) -> list[Packet]:
    """The picture's packets in the order that they are decoded in. Raises `BadInput`."""
    shown = safe_text(str(path))
    try:
        with open_video(path) as container:
            return [
                Packet(p.pts, p.is_keyframe)
                for p in container.demux(video_stream(container, shown))
                if p.pts is not None and not p.is_discard
            ]
    except av.error.FFmpegError as error:
        raise BadInput(f"{shown} can't be read to its end: {plain(error)}.") from error


def copies(packets: list[Packet], stamps: list[int], first: int, stop: int) -> bool:
    """Whether frames [first, stop) in display order are one run of packets that a decoder can
    begin with: a key frame first, and none of another stretch between them."""
    wanted = set(stamps[first:stop])
    places = [n for n, p in enumerate(packets) if p.pts in wanted]
    return packets[places[0]].key and places[-1] - places[0] + 1 == len(places)


def widened(packets: list[Packet], stamps: list[int], first: int, stop: int) -> tuple[int, int]:
    """The smallest stretch around a given one that can be copied."""
    key_stamps = {p.pts for p in packets if p.key}
    keys = [n for n, at in enumerate(stamps) if at in key_stamps]
    starts = [n for n in reversed([0, *keys]) if n <= first]
    ends = [n for n in (stop, *keys, len(stamps)) if n >= stop]
    for begin in starts:
        for end in ends:
            if copies(packets, stamps, begin, end):
                return begin, end
    return 0, len(stamps)


def stretch(frames: str, times: str, stamps: list[int], unit: Fraction) -> tuple[int, int]:
    """The one stretch that is meant, of the stamps' indices; times count from the first frame, and
    a frame that begins at the end is not in it, so that slices can follow each other.

    Raises `BadInput`.
    """
    spans = time_spans(times) if times else frame_spans(frames)
    if len(spans) != 1 or (times and frames):
        raise BadInput("A slice is one stretch: give one, as in --times 0:10-0:25.")

    def index(seconds: float) -> int:
        return bisect.bisect_left(stamps, stamps[0] + (seconds - ROUNDING_S) / float(unit))

    start, stop = spans[0]
    if times:
        start, stop = index(start), None if stop is None else index(stop)
    return int(start), len(stamps) if stop is None else min(len(stamps), int(stop))
