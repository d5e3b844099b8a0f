"""Video in closed segments, and segments joined without encoding again.

A segment is an MP4 of its own whose time stamps begin at 0: an MP4 keeps those exactly, in units
of the source's time base. Joining moves each segment to its place and adds what `engine.media.
streams` carries over from the source.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.frame import PictureType

from engine.errors import BadInput, from_os_error
from engine.media.planes import working_format
from engine.media.probe import open_video, plain, video_stream
from engine.media.streams import Others
from engine.process import fsync_folder
from engine.protocol import safe_text

MAX_TIMESCALE = 2**31 - 1


@dataclass(frozen=True)
class Look:
    """What a converted video takes over from its source: everything but the pictures."""

    width: int
    height: int
    """Pixels as coded, before rotation."""
    pixel_format: str
    """The one that frames are worked on and encoded in."""
    rate: Fraction
    time_base: Fraction
    tags: tuple[int, int, int, int]
    """Colour space, range, primaries and transfer as FFmpeg numbers them."""
    sample_aspect: Fraction | None
    display_matrix: tuple[int, ...] | None
    """Nine numbers that turn the picture for display; None if it is shown as it is coded."""

    @property
    def timescale(self) -> int:
        """Units a second of the MP4's clock, in which every time stamp is whole."""
        return min(self.time_base.denominator, MAX_TIMESCALE)


@dataclass(frozen=True)
class Segment:
    """A finished segment's file and where its frames belong, in the source's time base."""

    path: Path
    first_pts: int
    last_pts: int
    end_pts: int
    """When its last frame ends."""


def look_of(path: Path) -> Look:
    """Read a video's look from its head and its first frame. Raises `BadInput`."""
    shown = safe_text(str(path))
    with open_video(path) as container:
        stream = video_stream(container, shown)
        context = stream.codec_context
        frame = next(container.decode(stream), None)
        if frame is None:
            raise BadInput(f"{shown} has no frame in it that can be decoded.")
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        tags = (frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc)
        return Look(
            width=context.width,
            height=context.height,
            pixel_format=working_format(frame.format.name, context.width, context.height),
            rate=rate,
            time_base=stream.time_base,
            tags=(int(tags[0]), int(tags[1]), int(tags[2]), int(tags[3])),
            sample_aspect=stream.sample_aspect_ratio or None,
            display_matrix=_display_matrix(frame),
        )


def _display_matrix(frame: Any) -> tuple[int, ...] | None:
    data = frame.side_data.get("DISPLAYMATRIX")
    return tuple(int(n) for n in np.frombuffer(bytes(data), "<i4")) if data else None


def fitted(frame: Any, look: Look) -> Any:
    """A frame in the format and size that is encoded; most frames have both already."""
    same_size = (frame.width, frame.height) == (look.width, look.height)
    if same_size and frame.format.name == look.pixel_format:
        return frame
    return frame.reformat(width=look.width, height=look.height, format=look.pixel_format)


class SegmentWriter:
    """Encodes one segment; the file appears under its name when it is whole and on disk."""

    def __init__(self, path: Path, look: Look, *, crf: int, preset: str) -> None:
        self.path = path
        self._part = path.with_name(f".{path.name}.part")
        self._look = look
        self._first_pts: int | None = None
        self._last_pts = 0
        self._last_gap = 1
        with _told(f"writing {safe_text(str(path))}"):
            self._container: Any = av.open(
                f"file:{self._part.absolute()}", "w", format="mp4", options=_clock(look)
            )
            self._stream = self._video_stream(crf, preset)

    def _video_stream(self, crf: int, preset: str) -> Any:
        look = self._look
        stream = self._container.add_stream(
            "libx264",
            rate=look.rate,
            options={"crf": str(crf), "preset": preset},
            time_base=look.time_base,
        )
        stream.width, stream.height, stream.pix_fmt = look.width, look.height, look.pixel_format
        context = stream.codec_context
        context.time_base = look.time_base
        context.colorspace, context.color_range = look.tags[0], look.tags[1]
        context.color_primaries, context.color_trc = look.tags[2], look.tags[3]
        if look.sample_aspect:
            context.sample_aspect_ratio = look.sample_aspect
        return stream

    def write(self, frame: Any, pts: int) -> None:
        """Encode one frame; a time stamp that doesn't rise is moved behind the one before it."""
        if self._first_pts is None:
            self._first_pts = pts
        else:
            pts = max(pts, self._last_pts + 1)
            self._last_gap = pts - self._last_pts
        self._last_pts = pts
        self._last_gap = int(frame.duration or 0) or self._last_gap
        frame.pts, frame.time_base = pts - self._first_pts, self._look.time_base
        frame.pict_type = PictureType.NONE  # else the source's key frames become ours
        with _told(f"writing {safe_text(str(self.path))}"):
            self._container.mux(self._stream.encode(frame))

    def close(self) -> Segment:
        """Flush, sync and name the file. Raises `NoSpace` or `BadInput`."""
        with _told(f"writing {safe_text(str(self.path))}"):
            self._container.mux(self._stream.encode(None))
            self._container.close()
            settle(self._part, self.path)
        first = self._first_pts or 0
        return Segment(self.path, first, self._last_pts, self._last_pts + self._last_gap)

    def abandon(self) -> None:
        """Give the segment up and remove what was written of it."""
        with suppress(av.error.FFmpegError, OSError):  # it is thrown away in any case
            self._container.close()
        self._part.unlink(missing_ok=True)


def join(
    segments: list[Segment], look: Look, source: Path, out: Path, *, comment: str
) -> list[str]:
    """Join segments to one MP4 with the source's sound, subtitles, chapters and metadata.

    `comment` goes before the source's own in the container's metadata. Nothing that was encoded is
    encoded again. Returns a sentence for each stream of the source that MP4 has no place for.
    """
    part = out.with_name(f".{out.name}.part")
    options = {**_clock(look), "movflags": "+faststart"}
    shown = safe_text(str(out))
    with _told(f"writing {shown}"), open_video(source) as original:
        aim: Any = av.open(f"file:{part.absolute()}", "w", format="mp4", options=options)
        try:
            left_out = _mux(aim, original, segments, look, comment)
        finally:
            aim.close()
        settle(part, out)
    return left_out


def _mux(aim: Any, original: Any, segments: list[Segment], look: Look, comment: str) -> list[str]:
    with open_video(segments[0].path) as first:
        video = aim.add_stream_from_template(first.streams.video[0], opaque=True)
    video.metadata.update(_stream_tags(original))
    if look.display_matrix:
        video.set_display_matrix(look.display_matrix)
    others = Others(original, aim)
    said = [comment, others.metadata.get("comment", "")]
    aim.metadata.update({**others.metadata, "comment": " | ".join(filter(None, said))})
    aim.set_chapters(original.chapters())
    aim.start_encoding()
    pictures = _moved(segments, look, video, shift=others.shift(look.time_base))
    for packet in heapq.merge(pictures, others.packets(), key=_seconds):
        aim.mux_one(packet)
    return others.left_out


def _stream_tags(original: Any) -> dict[str, str]:
    stream = video_stream(original, "")
    return {k: v for k, v in stream.metadata.items() if k in ("language", "handler_name", "title")}


def _seconds(packet: Any) -> float:
    return float(packet.dts * packet.time_base)


def _moved(segments: list[Segment], look: Look, stream: Any, shift: int) -> Iterator[Any]:
    """The segments' packets at their places. Decoding times rise by at least one unit: where a
    variable rate changes at a cut, the encoder's own would step back, and a step forward is
    always short of the presentation time, for those rise by at least one too."""
    last: int | None = None
    for number, segment in enumerate(segments):
        following = segments[number + 1].first_pts if number + 1 < len(segments) else None
        end = segment.end_pts if following is None else following
        packets = _packets(segment.path, look.time_base)
        ends = _ends([p.pts for p in packets], end - segment.first_pts)
        for packet in packets:
            packet.duration = ends[packet.pts] - packet.pts
            packet.pts += segment.first_pts - shift
            dts = packet.dts + segment.first_pts - shift
            last = dts if last is None else max(dts, last + 1)
            packet.dts = last
            packet.stream = stream
            yield packet


def _packets(path: Path, time_base: Fraction) -> list[Any]:
    """All packets of a segment, their times in units of `time_base`."""
    with open_video(path) as container:
        found = [p for p in container.demux(container.streams.video[0]) if p.dts is not None]
    for packet in found:
        units = Fraction(packet.time_base) / time_base
        packet.pts, packet.dts = round(packet.pts * units), round(packet.dts * units)
        packet.time_base = time_base
    return found


def _ends(times: list[int], end: int) -> dict[int, int]:
    """When each frame ends: at the next one's start, the last at `end`."""
    ordered = sorted(times)
    return dict(zip(ordered, [*ordered[1:], max(end, ordered[-1] + 1)], strict=True))


def _clock(look: Look) -> dict[str, str]:
    scale = str(look.timescale)
    return {"video_track_timescale": scale, "movie_timescale": scale}


def settle(part: Path, path: Path) -> None:
    """Sync a file that was written aside and give it its name."""
    fd = os.open(part, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
    os.replace(part, path)
    fsync_folder(path.parent)


@contextmanager
def _told(doing: str) -> Iterator[None]:
    """Turn what FFmpeg and the system raise into an error with a sentence."""
    try:
        yield
    except OSError as error:
        raise from_os_error(error, doing) from error
    except av.error.FFmpegError as error:
        raise BadInput(f"It failed while {doing}: {plain(error)}.") from error
