"""What a medium is: size, frame rate, time base, rotation, sound; one frame is decoded for it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import msgspec

from engine.errors import BadInput, from_os_error
from engine.footage import CONTAINERS, IMAGE_SUFFIXES, media_in
from engine.media.hdr import HDR_CURVES
from engine.media.limits import check_size
from engine.media.pictures import Head, picture_head
from engine.protocol import safe_text

OPTIONS = {"format_whitelist": ",".join(CONTAINERS), "protocol_whitelist": "file"}

VFR_PACKETS = 250
"""How many packets are looked at to tell a constant from a variable frame rate."""


class Audio(msgspec.Struct, frozen=True):
    """One sound track."""

    index: int
    """Of the stream in the container."""
    codec: str
    language: str
    """ISO 639-2, "" if it isn't said."""


class MediaInfo(msgspec.Struct, frozen=True):
    """A video, a folder of pictures or one picture."""

    kind: Literal["video", "images", "image"]
    width: int
    height: int
    """Pixels, after rotation."""
    fps_num: int
    fps_den: int
    """Average rate; pictures count as 25."""
    time_base_num: int
    time_base_den: int
    """Seconds a unit of a frame's `pts`."""
    frames: int | None
    """As the container declares; None if it doesn't."""
    duration_s: float | None
    rotation: int = 0
    """Degrees (0, 90, 180, 270) that the stored picture is turned clockwise for display."""
    codec: str = ""
    pixel_format: str = ""
    container: str = ""
    audio: list[Audio] = []
    vfr: bool = False
    """Whether the frames' distances vary."""
    note: str = ""
    """What the user should know, words that go on after its name; "" if there is nothing."""

    @property
    def fps(self) -> Fraction:
        """Average frames a second."""
        return Fraction(self.fps_num, self.fps_den)

    @property
    def time_base(self) -> Fraction:
        """Seconds a unit of `pts`."""
        return Fraction(self.time_base_num, self.time_base_den)

    @property
    def expected_frames(self) -> int | None:
        """Frames by the container's word, else by duration and rate; None without both."""
        if self.frames is not None:
            return self.frames
        return round(self.duration_s * self.fps) if self.duration_s else None


def probe(path: Path) -> MediaInfo:
    """Look at a medium. Raises `BadInput` with one sentence that names the file."""
    shown = safe_text(str(path))
    if not path.exists():
        raise BadInput(f"There is nothing at {shown}.")
    if path.is_dir():
        return _probe_folder(path, shown)
    if not path.is_file():
        raise BadInput(f"{shown} is neither a file nor a folder.")
    if path.stat().st_size == 0:
        raise BadInput(f"{shown} is empty (0 bytes).")
    if path.suffix.lower() in IMAGE_SUFFIXES:
        head = picture_head(path)
        note = f"has {head.pages} pictures in it: the first is used" if head.pages > 1 else ""
        return _pictures("image", head, 1, note)
    return _probe_video(path, shown)


def open_video(path: Path, also: Iterable[str] = ()) -> Any:
    """An open PyAV container of an allowed format or one of `also`, from the disk alone.

    Raises `BadInput`.
    """
    shown = safe_text(str(path))
    try:
        formats = ",".join([OPTIONS["format_whitelist"], *also])
        options = {**OPTIONS, "format_whitelist": formats}
        return av.open(f"file:{path.absolute()}", options=options, metadata_errors="replace")
    except av.error.FFmpegError as error:
        raise BadInput(f"{shown} is no video that can be read: {plain(error)}.") from error
    except OSError as error:
        raise from_os_error(error, f"opening {shown}") from error


def plain(error: Exception) -> str:
    """FFmpeg's words for an error, without numbers and file names."""
    words = getattr(error, "strerror", None) or str(error)
    return re.sub(r"^\[Errno [^\]]*\]\s*", "", safe_text(words)).split(":")[0].lower() or "unknown"


def video_stream(container: Any, shown: str) -> Any:
    """The video stream that FFmpeg thinks best, cover pictures left out. Raises `BadInput`."""
    picture = av.stream.Disposition.attached_pic
    streams = [s for s in container.streams.video if not s.disposition & picture]
    if not streams:
        raise BadInput(f"{shown} has no video in it, only other streams.")
    best = container.streams.best("video")
    return best if best in streams else streams[0]


def _probe_video(path: Path, shown: str) -> MediaInfo:
    with open_video(path) as container:
        stream = video_stream(container, shown)
        context = stream.codec_context
        check_size(context.width, context.height, shown)
        vfr = _varies(container, stream)
        first = _first_frame(container, stream, shown)
        rotation = turn(first)
        turned = rotation in (90, 270)
        rate = stream.average_rate or stream.guessed_rate or Fraction(25)
        return MediaInfo(
            kind="video",
            width=context.height if turned else context.width,
            height=context.width if turned else context.height,
            fps_num=rate.numerator,
            fps_den=rate.denominator,
            time_base_num=stream.time_base.numerator,
            time_base_den=stream.time_base.denominator,
            frames=stream.frames or None,
            duration_s=_duration_s(container, stream),
            rotation=rotation,
            codec=safe_text(context.name),
            pixel_format=safe_text(context.pix_fmt or ""),
            container=safe_text(container.format.name),
            audio=[_audio(s) for s in container.streams.audio],
            vfr=vfr,
            note=_hdr(first),
        )


def _audio(stream: Any) -> Audio:
    language = safe_text(stream.language or "")
    return Audio(stream.index, safe_text(stream.codec_context.name), language)


def _duration_s(container: Any, stream: Any) -> float | None:
    if stream.duration is not None:
        return float(stream.duration * stream.time_base)
    if container.duration is not None:
        return container.duration / 1_000_000
    return None


def _varies(container: Any, stream: Any) -> bool:
    """Whether the first frames' distances differ by more than rounding to the time base."""
    times: list[int] = []
    try:
        packets = container.demux(stream)
        times = [p.pts for p in itertools.islice(packets, VFR_PACKETS) if p.pts is not None]
    except av.error.FFmpegError:
        pass  # a torn file: what was read is enough
    times.sort()
    gaps = [b - a for a, b in itertools.pairwise(times[:-16] if len(times) > 64 else times)]
    return bool(gaps) and max(gaps) - min(gaps) > max(2, min(gaps) // 20)


def _first_frame(container: Any, stream: Any, shown: str) -> Any:
    """That a frame decodes is what tells a video from a file with a video's head."""
    try:
        container.seek(0)
        frame = next(container.decode(stream), None)
    except av.error.FFmpegError as error:
        raise BadInput(f"{shown} can't be decoded: {plain(error)}.") from error
    if frame is None:
        raise BadInput(f"{shown} has no frame in it that can be decoded.")
    return frame


def _hdr(frame: Any) -> str:
    """What to say of a frame whose brightness isn't meant for an ordinary screen."""
    curve = HDR_CURVES.get(int(frame.color_trc))
    return f"is HDR ({curve}): its colours are read as they stand, which is flat" if curve else ""


def turn(frame: Any) -> int:
    """Quarter turns clockwise in degrees that a decoded frame needs for display."""
    return int(-90 * round(frame.rotation / 90)) % 360


def _probe_folder(path: Path, shown: str) -> MediaInfo:
    pictures = pictures_in(path)
    if not pictures:
        raise BadInput(f"{shown} has no picture in it.")
    for picture in pictures:
        try:
            head = picture_head(picture)
        except BadInput:
            continue
        return _pictures("images", head, len(pictures))
    raise BadInput(f"{shown} has no picture in it that can be read.")


def pictures_in(folder: Path) -> list[Path]:
    """The picture files of a folder in natural order."""
    return [p for p in media_in(folder) if p.suffix.lower() in IMAGE_SUFFIXES]


def _pictures(
    kind: Literal["images", "image"], head: Head, frames: int, note: str = ""
) -> MediaInfo:
    size = (head.width, head.height)
    return MediaInfo(kind, *size, 25, 1, 1, 25, frames, frames / 25, codec=head.kind, note=note)
