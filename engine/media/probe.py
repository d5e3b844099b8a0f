"""What a medium is: size, frame rate, time base, rotation, sound; one frame is decoded for it."""

from __future__ import annotations

import itertools
import re
import warnings
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import msgspec
from PIL import Image

from engine.errors import BadInput, from_os_error
from engine.project import CONTAINERS, IMAGE_SUFFIXES, PICTURES, media_in
from engine.protocol import safe_text

OPTIONS = {"format_whitelist": ",".join(CONTAINERS), "protocol_whitelist": "file"}

MAX_SIDE_PX = 16_384
MAX_PIXELS = 134_217_728
"""8K times four: more is a bomb or a mistake, and no machine of ours could hold the frames."""

PICTURE_FORMATS = tuple(PICTURES)
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
        width, height, kind = picture_size(path)
        return _pictures("image", width, height, 1, kind)
    return _probe_video(path, shown)


def open_video(path: Path) -> Any:
    """An open PyAV container of an allowed format, from the disk alone. Raises `BadInput`."""
    shown = safe_text(str(path))
    try:
        return av.open(f"file:{path.absolute()}", options=dict(OPTIONS), metadata_errors="replace")
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


def check_size(width: int, height: int, shown: str) -> None:
    """Refuse pictures beyond the limits. Raises `BadInput`."""
    if width < 1 or height < 1:
        raise BadInput(f"{shown} says that its pictures are {width}x{height}: it is damaged.")
    if max(width, height) > MAX_SIDE_PX or width * height > MAX_PIXELS:
        raise BadInput(
            f"{shown} has pictures of {width}x{height}: at most {MAX_SIDE_PX} a side are taken."
        )


def _probe_video(path: Path, shown: str) -> MediaInfo:
    with open_video(path) as container:
        stream = video_stream(container, shown)
        context = stream.codec_context
        check_size(context.width, context.height, shown)
        vfr = _varies(container, stream)
        rotation = _rotation(container, stream, shown)
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


def _rotation(container: Any, stream: Any, shown: str) -> int:
    """The display matrix of the first frame as quarter turns clockwise; that a frame decodes is
    what tells a video from a file with a video's head."""
    try:
        container.seek(0)
        frame = next(container.decode(stream), None)
    except av.error.FFmpegError as error:
        raise BadInput(f"{shown} can't be decoded: {plain(error)}.") from error
    if frame is None:
        raise BadInput(f"{shown} has no frame in it that can be decoded.")
    return turn(frame)


def turn(frame: Any) -> int:
    """Quarter turns clockwise in degrees that a decoded frame needs for display."""
    return int(-90 * round(frame.rotation / 90)) % 360


def picture_size(path: Path) -> tuple[int, int, str]:
    """Width and height after EXIF orientation, and the format, of a picture file."""
    with open_picture(path) as picture:
        width, height = picture.size
        if picture.getexif().get(0x0112, 1) in (5, 6, 7, 8):
            width, height = height, width
        return width, height, (picture.format or "").lower()


def open_picture(path: Path) -> Image.Image:
    """A picture whose head was read and whose size is within the limits. Raises `BadInput`."""
    shown = safe_text(str(path))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(path, formats=PICTURE_FORMATS)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise BadInput(f"{shown} is no picture that can be read.") from error
    check_size(*picture.size, shown)
    return picture


def _probe_folder(path: Path, shown: str) -> MediaInfo:
    pictures = pictures_in(path)
    if not pictures:
        raise BadInput(f"{shown} has no picture in it.")
    for picture in pictures:
        try:
            width, height, kind = picture_size(picture)
        except BadInput:
            continue
        return _pictures("images", width, height, len(pictures), kind)
    raise BadInput(f"{shown} has no picture in it that can be read.")


def pictures_in(folder: Path) -> list[Path]:
    """The picture files of a folder in natural order."""
    return [p for p in media_in(folder) if p.suffix.lower() in IMAGE_SUFFIXES]


def _pictures(
    kind: Literal["images", "image"], width: int, height: int, frames: int, codec: str
) -> MediaInfo:
    return MediaInfo(kind, width, height, 25, 1, 1, 25, frames, frames / 25, codec=codec)
