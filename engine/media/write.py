"""Video in closed segments, and segments joined without encoding again.

A segment is a file of its own whose time stamps begin at 0: an MP4 keeps those exactly, in units
of the source's time base, a Matroska in milliseconds. Joining moves each segment to its place and
adds what `engine.media.streams` carries over from the source.
"""

from __future__ import annotations

import heapq
import math
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
from av.video.reformatter import Colorspace, Interpolation
from numpy.typing import NDArray

from engine.errors import BadInput, from_os_error
from engine.media.codecs import MUXERS, Encoding
from engine.media.cut import Cut
from engine.media.hdr import HDR_CURVES, Mastering, dynamic_of
from engine.media.limits import scaled_size
from engine.media.planes import ACCURATE, FULL_RANGE, LIMITED_RANGE
from engine.media.probe import open_video, plain, video_stream
from engine.media.read import as_frame, colour_matrix
from engine.media.streams import Others
from engine.process import fsync_folder
from engine.protocol import safe_text

MAX_TIMESCALE = 2**31 - 1
RGB, UNSPECIFIED = 0, 2
"""Colour spaces that name no YUV matrix."""
HD_TAGS = (int(Colorspace.ITU709), LIMITED_RANGE, 1, 1)
"""Of a `Look`: BT.709, limited range."""


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
    mastering: Mastering | None = None
    """Of HDR: what it was mastered on."""
    dynamic: str = ""
    """Names of HDR metadata that change from frame to frame; they don't come along."""
    each: float | None = None
    """Per cent of its own size that each frame has, and its own bits of RGB, as single pictures
    have; None if all have the size and format above."""

    def of(self, frame: Any) -> tuple[int, int, str]:
        """Width, height and pixel format that a frame gets."""
        if self.each is None:
            return self.width, self.height, self.pixel_format
        deep = frame.format.components[0].bits > 8
        size = scaled_size(frame.width, frame.height, self.each, "A picture")
        return (*size, "gbrp16le" if deep else "gbrp")

    @property
    def turn(self) -> int:
        """Degrees clockwise, in quarter turns, that the coded picture is turned for display."""
        if not self.display_matrix:
            return 0
        a, b = self.display_matrix[0], self.display_matrix[1]
        return round(math.degrees(math.atan2(b, a)) / 90) * 90 % 360

    @property
    def shown(self) -> tuple[int, int]:
        """Width and height as it is displayed."""
        return (self.height, self.width) if self.turn % 180 else (self.width, self.height)

    @property
    def matrix(self) -> Colorspace:
        """The YUV matrix that RGB is turned into."""
        like = av.VideoFrame(self.width, self.height, self.pixel_format)
        like.colorspace = self.tags[0]
        return colour_matrix(like)

    @property
    def curve(self) -> str:
        """PQ or HLG; "" if it isn't HDR."""
        return HDR_CURVES.get(self.tags[3], "")

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


def look_of(path: Path, encoding: Encoding | None = None, scale: float = 100.0) -> Look:
    """Read a video's look from its head and its first frame, as it is worked on for an encoding
    (x264's if none is given), at `scale` per cent of its size. Raises `BadInput`, also where the
    codec would lose something."""
    shown = safe_text(str(path))
    with open_video(path) as container:
        stream = video_stream(container, shown)
        context = stream.codec_context
        frame = next(container.decode(stream), None)
        if frame is None:
            raise BadInput(f"{shown} has no frame in it that can be decoded.")
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        stored, size = frame.format.name, (context.width, context.height)
        made = scaled_size(*size, scale, shown)
        full = FULL_RANGE if stored.startswith("yuvj") else frame.color_range
        matrix = _matrix_tag(frame, scaled=made != size)
        tags = (matrix, full, frame.color_primaries, frame.color_trc)
        return Look(
            width=made[0],
            height=made[1],
            pixel_format=(encoding or Encoding()).working_format(stored, *made),
            rate=rate,
            time_base=stream.time_base,
            tags=(int(tags[0]), int(tags[1]), int(tags[2]), int(tags[3])),
            sample_aspect=stream.sample_aspect_ratio or None,
            display_matrix=_display_matrix(frame, made[0] / size[0], made[1] / size[1]),
            mastering=Mastering.of(frame),
            dynamic=dynamic_of(frame),
        )


def _matrix_tag(frame: Any, *, scaled: bool) -> int:
    """The YUV matrix that the result names. One that isn't named is guessed by the height: at
    another height the guess would be another."""
    found = int(frame.colorspace)
    named = found != RGB and not (scaled and found == UNSPECIFIED)
    return found if named else int(colour_matrix(frame))


def _display_matrix(frame: Any, wider: float, higher: float) -> tuple[int, ...] | None:
    """A frame's own, its shift grown with its coded pixels."""
    data = frame.side_data.get("DISPLAYMATRIX")
    if not data:
        return None
    matrix = [int(n) for n in np.frombuffer(bytes(data), "<i4")]
    matrix[6] = round(matrix[6] * (wider if matrix[0] else higher))
    matrix[7] = round(matrix[7] * (higher if matrix[4] else wider))
    return tuple(matrix)


def coded(rgb: NDArray[Any], look: Look) -> Any:
    """RGB of 8 or 16 bits as a frame of the video's format, size, matrix and range."""
    return fitted(as_frame(rgb), look)


def fitted(frame: Any, look: Look) -> Any:
    """A frame in the format and size that is encoded; most frames have both already. It is scaled
    with Lanczos' kernel, as wide as what it reduces."""
    width, height, form = look.of(frame)
    same_size = (frame.width, frame.height) == (width, height)
    if same_size and frame.format.name == form:
        return frame
    how = Interpolation.AREA if same_size else Interpolation.LANCZOS
    of_rgb = {"dst_colorspace": look.matrix, "dst_color_range": look.tags[1] or LIMITED_RANGE}
    stays_yuv = {"dst_color_range": look.tags[1] or None}
    made = frame.reformat(
        width=width,
        height=height,
        format=form,
        interpolation=how | ACCURATE,
        **(of_rgb if frame.format.is_rgb else stays_yuv),
    )
    if made.colorspace == UNSPECIFIED:  # the guess of the size before
        made.colorspace = look.tags[0]
    return made


class SegmentWriter:
    """Encodes one segment; the file appears under its name when it is whole and on disk."""

    def __init__(self, path: Path, look: Look, encoding: Encoding) -> None:
        self.path = path
        self._part = path.with_name(f".{path.name}.part")
        self._look = look
        self._first_pts: int | None = None
        self._last_pts = 0
        self._last_gap = 1
        with told(f"writing {safe_text(str(path))}"):
            self._container = _open(self._part, path.suffix, look)
            self._stream = self._video_stream(encoding)

    def _video_stream(self, encoding: Encoding) -> Any:
        look = self._look
        stream = self._container.add_stream(
            encoding.made.encoder,
            rate=look.rate,
            options=encoding.options(look.pixel_format, look.mastering),
            time_base=look.time_base,
        )
        stream.width, stream.height = look.width, look.height
        stream.pix_fmt = encoding.encoded_format(look.pixel_format)
        context = stream.codec_context
        if encoding.codec == "x265" and self.path.suffix != ".mkv":
            context.codec_tag = "hvc1"  # the only one that Apple's players take
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
        frame.color_primaries, frame.color_trc = self._look.tags[2], self._look.tags[3]
        with told(f"writing {safe_text(str(self.path))}"):
            self._container.mux(self._stream.encode(frame))

    def close(self) -> Segment:
        """Flush, sync and name the file. Raises `NoSpace` or `BadInput`."""
        with told(f"writing {safe_text(str(self.path))}"):
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
    segments: list[Segment],
    look: Look,
    source: Path,
    out: Path,
    *,
    comment: str,
    cut: Cut | None = None,
) -> list[str]:
    """Join segments to one video with the source's sound, subtitles, chapters and metadata.

    The container is the one of `out`'s suffix; `comment` goes before the source's own in its
    metadata. No picture is encoded again; sound is where `cut` says what of the source is in the
    segments, or where the container has no place for it as it is. Returns a sentence for each
    stream of the source that is left out.
    """
    part = out.with_name(f".{out.name}.part")
    shown = safe_text(str(out))
    with told(f"writing {shown}"), open_video(source) as original:
        aim = _open(part, out.suffix, look, movflags="+faststart")
        try:
            video = _video(aim, original, segments[0], look)
            others = Others(original, aim, out.suffix[1:], cut)
            _mux(aim, video, segments, look, others, comment)
        finally:
            aim.close()
        settle(part, out)
    return others.left_out


def _open(part: Path, suffix: str, look: Look, **options: str) -> Any:
    """A container that is written aside, with the source's clock where it has one of its own."""
    scale, muxer = str(look.timescale), MUXERS[suffix[1:]]
    clock = {"video_track_timescale": scale, "movie_timescale": scale, **options}
    own = clock if muxer in ("mp4", "mov") else {}
    return av.open(f"file:{part.absolute()}", "w", format=muxer, options=own)


def _video(aim: Any, original: Any, first: Segment, look: Look) -> Any:
    """The stream of the pictures: the segments' with the source's tags and rotation."""
    with open_video(first.path) as segment:
        video = aim.add_stream_from_template(segment.streams.video[0], opaque=True)
    video.metadata.update(_stream_tags(original))
    if look.display_matrix:
        video.set_display_matrix(look.display_matrix)
    return video


def _mux(
    aim: Any, video: Any, segments: list[Segment], look: Look, others: Others, comment: str
) -> None:
    said = [comment, others.metadata.get("comment", "")]
    aim.metadata.update({**others.metadata, "comment": " | ".join(filter(None, said))})
    aim.set_chapters(others.chapters())
    aim.start_encoding()
    pictures = _moved(segments, look, video, shift=others.shift(look.time_base))
    for packet in heapq.merge(pictures, others.packets(), key=_seconds):
        aim.mux_one(packet)


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
def told(doing: str) -> Iterator[None]:
    """Turn what FFmpeg and the system raise into an error with a sentence."""
    try:
        yield
    except OSError as error:
        raise from_os_error(error, doing) from error
    except av.error.FFmpegError as error:
        raise BadInput(f"It failed while {doing}: {plain(error)}.") from error
