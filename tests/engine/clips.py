"""Small clips with a generated picture and tone, made by PyAV for tests of media and convert."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.subtitles.subtitle import SubtitleSet
from numpy.typing import NDArray


def picture(index: int, width: int, height: int) -> Any:
    """A frame with a gradient that moves, so that no two frames are alike."""
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack([(x * 2 + index * 5) % 256, (y * 2 + index * 3) % 256, (x + y) % 256], -1)
    return av.VideoFrame.from_ndarray(rgb.astype(np.uint8), format="rgb24")


def make_clip(
    path: Path,
    *,
    width: int = 64,
    height: int = 48,
    frames: int = 50,
    times: Sequence[int] | None = None,
    time_base: Fraction = Fraction(1, 12800),
    rate: int | Fraction = 25,
    pixel_format: str = "yuv420p",
    codec: str = "libx264",
    sound: Sequence[str] = ("aac",),
    rotation: int = 0,
    tags: tuple[int, int, int, int] = (2, 0, 2, 2),
    subtitle: str = "",
    chapters: bool = False,
    metadata: dict[str, str] | None = None,
    pictures: Sequence[Any] | None = None,
    bit_rate: int | None = None,
    sound_late_s: float = 0.0,
    cover: bytes = b"",
    options: dict[str, str] | None = None,
    gop: int | None = None,
    crf: int | None = None,
) -> Path:
    """Write a clip; `times` are the frames' time stamps in units of `time_base`."""
    times = times or [i * int(Fraction(1, rate) / time_base) for i in range(frames)]
    length_s = float((times[-1] + times[-1] - times[-2]) * time_base)
    with av.open(str(path), "w") as clip:
        video = clip.add_stream(codec, rate=rate, time_base=time_base, options=options or {})
        video.width, video.height, video.pix_fmt = width, height, pixel_format
        context = video.codec_context
        context.time_base = time_base
        if bit_rate:
            context.bit_rate = bit_rate
        if gop:
            context.gop_size = gop
            video.options = {"sc_threshold": "0"}
        if crf is not None:
            video.options = {"crf": str(crf)}
        context.colorspace, context.color_range = tags[:2]
        context.color_primaries, context.color_trc = tags[2:]
        if rotation:
            video.set_display_rotation(-rotation)
        tracks = [clip.add_stream(name, rate=48000) for name in sound]
        for track, language in zip(tracks, ("eng", "deu", "fra"), strict=False):
            track.metadata["language"] = language
        art = cover_stream(clip) if cover else None
        text = clip.add_stream(subtitle) if subtitle else None
        if text:
            text.codec_context.subtitle_header = b"[Script Info]\n"
        if chapters:
            clip.set_chapters([chapter(1, 0, 1000, "one"), chapter(2, 1000, 2000, "two")])
        clip.metadata.update(metadata or {})
        clip.start_encoding()
        for index, pts in enumerate(times):
            frame = pictures[index] if pictures else picture(index, width, height)
            frame = frame.reformat(format=pixel_format)
            frame.pts, frame.time_base = pts, time_base
            clip.mux(video.encode(frame))
        clip.mux(video.encode(None))
        for number, track in enumerate(tracks):
            _tone(clip, track, length_s, 440.0 * (number + 1), sound_late_s * number)
        if art:
            packet = av.Packet(cover)
            packet.stream, packet.pts, packet.dts = art, 0, 0
            packet.time_base = Fraction(1, 90000)
            clip.mux(packet)
        if text:
            _say(clip, text, "Good evening")
    return path


def write_exr(
    path: Path, rgb: NDArray[np.uint8], pixel_format: str = "gbrpf32le", half: bool = True
) -> Path:
    """An OpenEXR picture with the linear values of sRGB samples, by FFmpeg's encoder."""
    value = rgb / 255.0
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    height, width = rgb.shape[:2]
    frame = av.VideoFrame(width, height, pixel_format)
    for plane, channel in zip(frame.planes, (1, 2, 0, 0), strict=False):
        rows = np.zeros((height, plane.line_size // 4), np.float32)
        rows[:, :width] = linear[..., channel]
        plane.update(rows)
    encoder = av.CodecContext.create("exr", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, pixel_format
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"compression": "zip16", "format": "half" if half else "float"}
    frame.pts = 0
    path.write_bytes(b"".join(bytes(p) for p in [*encoder.encode(frame), *encoder.encode(None)]))
    return path


def chapter(number: int, start_ms: int, end_ms: int, title: str) -> Any:
    """One chapter."""
    scale = Fraction(1, 1000)
    return {
        "id": number,
        "start": start_ms,
        "end": end_ms,
        "time_base": scale,
        "metadata": {"title": title},
    }


def cover_stream(clip: Any) -> Any:
    """A stream for a cover picture."""
    art = clip.add_stream("mjpeg")
    art.width, art.height, art.pix_fmt = 32, 32, "yuvj420p"
    art.disposition = av.stream.Disposition.attached_pic
    return art


def _tone(clip: Any, track: Any, length_s: float, hertz: float, late_s: float = 0.0) -> None:
    total, late = int((length_s - late_s) * 48000), int(late_s * 48000)
    for start in range(0, total, 1024):
        t = np.arange(start, min(start + 1024, total))
        wave = (np.sin(t * hertz * 2 * np.pi / 48000) * 8000).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.repeat(wave, 2)[None], format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48000, start + late, Fraction(1, 48000)
        clip.mux(track.encode(frame))
    clip.mux(track.encode(None))


def _say(clip: Any, stream: Any, words: str) -> None:
    said = SubtitleSet.create(f"0,0,Default,,0,0,0,,{words}".encode(), 0, 800, pts=0)
    packet = stream.codec_context.encode_subtitle(said)
    packet.stream, packet.pts, packet.dts, packet.duration = stream, 200, 200, 800
    packet.time_base = Fraction(1, 1000)
    clip.mux(packet)


def times_of(path: Path) -> list[Fraction]:
    """When each decoded frame is shown, in seconds."""
    with av.open(str(path)) as clip:
        video = clip.streams.video[0]
        return [frame.pts * video.time_base for frame in clip.decode(video)]


def frames_of(path: Path) -> list[Any]:
    """All decoded frames as arrays of their own format."""
    with av.open(str(path)) as clip:
        return [frame.to_ndarray() for frame in clip.decode(video=0)]
