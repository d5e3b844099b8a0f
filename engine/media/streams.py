"""What comes over from the source beside the pictures: sound, subtitles, metadata, its clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

import av
from av.subtitles.subtitle import SubtitleSet

from engine.media.cut import Cut
from engine.protocol import safe_text


class Place(NamedTuple):
    """What a container takes over."""

    sound: frozenset[str] | None
    """Codecs that go over as they are, for players play them from it; None: all."""
    sound_made: str
    """The encoder for any other sound."""
    text: frozenset[str]
    """Subtitles that go over as they are."""
    text_made: str
    """The encoder for other text."""
    covers: bool
    """Whether a cover picture has a place."""
    name: str


_MP4_SOUND = frozenset("aac mp3 mp2 ac3 eac3 alac flac opus".split())
_PCM = frozenset("pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_f32le".split())
_PICTURES = frozenset("hdmv_pgs_subtitle dvd_subtitle dvb_subtitle".split())
_LINES = frozenset("subrip ass ssa webvtt".split())

PLACES = {
    "mp4": Place(_MP4_SOUND, "aac", frozenset({"mov_text"}), "mov_text", True, "MP4"),
    "mov": Place(
        _MP4_SOUND - {"flac", "opus"} | _PCM,
        "aac",
        frozenset({"mov_text"}),
        "mov_text",
        True,
        "MOV",
    ),
    "mkv": Place(None, "aac", _LINES | _PICTURES, "subrip", False, "MKV"),
    "webm": Place(
        frozenset({"opus", "vorbis"}), "libopus", frozenset({"webvtt"}), "webvtt", False, "WebM"
    ),
}
CONVERTED_TEXT = frozenset("mov_text subrip srt ass ssa webvtt text".split())

BITS_PER_CHANNEL = 96_000
RATES_HZ = {"libopus": frozenset([48000, 24000, 16000, 12000, 8000])}
AAC_RATES_HZ = frozenset(
    [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350]
)
LAYOUTS = ("mono", "stereo", "2.1", "4.0", "5.0", "5.1", "6.1", "7.1")
"""FFmpeg's defaults for 1 to 8 channels, for sources that give their number only."""

COVER = av.stream.Disposition.attached_pic
COVERS = frozenset({"mjpeg", "png"})

ZERO_BASED = frozenset({"mov", "mp4", "matroska", "webm", "nut"})
"""Containers whose clock begins at 0 by definition; the others' may begin anywhere."""

OWN_METADATA = frozenset("major_brand minor_version compatible_brands encoder duration".split())
"""Written by the muxer itself."""

QUICKTIME = {
    "deu": "ger",
    "nld": "dut",
    "swe": "sve",
    "ell": "gre",
    "isl": "ice",
    "zho": "chi",
    "fre": "fra",
    "cze": "ces",
    "slo": "slk",
    "rum": "ron",
}
"""ISO 639-2's codes that QuickTime's list has under another; it drops what it doesn't know."""

ASS_HEADER = b"[Script Info]\r\nScriptType: v4.00+\r\n"
"""What FFmpeg's text encoder wants to be told of a text without styles."""


class Track(Protocol):
    """One stream of the source on its way into the output."""

    def take(self, packet: Any) -> list[Any]:
        """A packet of the source as packets of the output."""

    def finish(self) -> list[Any]:
        """What is left once the source has ended."""


class Copied:
    """A stream whose packets go over as they are."""

    def __init__(self, source: Any, aim: Any) -> None:
        self._stream = aim.add_stream_from_template(source)
        _describe(self._stream, source)

    def take(self, packet: Any) -> list[Any]:
        """The packet itself."""
        packet.stream = self._stream
        return [packet]

    def finish(self) -> list[Any]:
        """Nothing."""
        return []


class Cover:
    """A cover picture, which has no time."""

    def __init__(self, source: Any, aim: Any) -> None:
        self._copied = Copied(source, aim)

    def take(self, packet: Any) -> list[Any]:
        """The picture, at the beginning."""
        packet.pts = packet.dts = 0
        return self._copied.take(packet)

    def finish(self) -> list[Any]:
        """Nothing."""
        return []


class Sound:
    """Sound that is encoded again: the container has no place for it, or it is cut."""

    def __init__(self, source: Any, aim: Any, encoder: str, cut: Cut | None, clock: Fraction):
        context = source.codec_context
        channels = context.layout.nb_channels
        if context.layout.name.endswith("channels") and channels <= len(LAYOUTS):
            context.layout = LAYOUTS[channels - 1]
        self._source, self._cut, self._clock = source, cut, clock
        self._next: int | None = None
        """Sample at which the next frame is due."""
        known = RATES_HZ.get(encoder, AAC_RATES_HZ)
        rate = context.sample_rate if context.sample_rate in known else 48_000
        self._stream = aim.add_stream(encoder, rate=rate)
        self._stream.codec_context.layout = context.layout
        self._stream.codec_context.bit_rate = BITS_PER_CHANNEL * channels
        _describe(self._stream, source)

    def take(self, packet: Any) -> list[Any]:
        """Decode and encode; what can't be decoded is left out."""
        try:
            return self._encoded(self._source.codec_context.decode(packet))
        except av.error.InvalidDataError:
            return []

    def finish(self) -> list[Any]:
        """The decoder's and the encoder's last frames."""
        rest = self._encoded(self._source.codec_context.decode(None))
        return rest + list(self._stream.encode(None))

    def _encoded(self, frames: Iterable[Any]) -> list[Any]:
        frames = [self._counted(frame) for frame in frames]
        if self._cut:
            frames = [part for f in frames for part in self._cut.sound(f, self._clock)]
        return [p for frame in frames for p in self._stream.encode(frame)]

    def _counted(self, frame: Any) -> Any:
        """A decoded frame whose time counts samples, as an encoder of other frames than the
        source's needs it. What lies off by the source's rounding alone follows the one before."""
        unit, rate = Fraction(frame.time_base), frame.sample_rate
        begins = round((frame.pts or 0) * unit * rate)
        if self._next is not None and abs(begins - self._next) <= unit * rate + 1:
            begins = self._next
        self._next = begins + frame.samples
        frame.pts, frame.time_base = begins, Fraction(1, rate)
        return frame


class Text:
    """Text subtitles in the container's own form; styles are lost."""

    def __init__(self, source: Any, aim: Any, encoder: str) -> None:
        self._source = source
        self._stream = aim.add_stream(encoder)
        header = source.codec_context.subtitle_header
        self._stream.codec_context.subtitle_header = header or ASS_HEADER
        _describe(self._stream, source)

    def take(self, packet: Any) -> list[Any]:
        """One line of text as one packet."""
        read = self._source.codec_context.decode2(packet)
        lines = [rect.ass for rect in read or () if rect.type in (b"ass", b"text")]
        if not lines:
            return []
        length_ms = int((packet.duration or 0) * packet.time_base * 1000)
        said = SubtitleSet.create(b"\n".join(lines), 0, length_ms, pts=0)
        written = self._stream.codec_context.encode_subtitle(said)
        written.pts = written.dts = packet.pts
        written.duration, written.time_base = packet.duration, packet.time_base
        written.stream = self._stream
        return [written]

    def finish(self) -> list[Any]:
        """Nothing."""
        return []


class Trimmed:
    """A subtitle track whose lines are put where they are in a cut."""

    def __init__(self, track: Track, cut: Cut, clock: Fraction) -> None:
        self._track, self._cut, self._clock = track, cut, clock

    def take(self, packet: Any) -> list[Any]:
        """The line as long as it is there; nothing of one that is gone."""
        unit = Fraction(packet.time_base)
        begin = packet.pts * unit + self._clock
        span = self._cut.span(begin, begin + max(packet.duration or 1, 1) * unit)
        if span is None:
            return []
        packet.pts = packet.dts = round((span[0] - self._clock) / unit)
        packet.duration = max(1, round((span[1] - span[0]) / unit))
        return self._track.take(packet)

    def finish(self) -> list[Any]:
        """What the track has left."""
        return self._track.finish()


def codec_of(stream: Any) -> str:
    """A stream's codec as FFmpeg names it, whichever decoder reads it."""
    return stream.codec_context.codec.canonical_name if stream.codec_context else "unknown"


def track_of(stream: Any, aim: Any, place: Place) -> Track | None:
    """Sound or text whole on its way into a container; None where that has no place for it."""
    codec = codec_of(stream)
    if stream.type == "audio":
        if place.sound is None or codec in place.sound:
            return Copied(stream, aim)
        return Sound(stream, aim, place.sound_made, None, Fraction(0))
    if codec in place.text:
        return Copied(stream, aim)
    return Text(stream, aim, place.text_made) if codec in CONVERTED_TEXT else None


def without_place(stream: Any, place: Place) -> str:
    """The sentence for a stream that the container has no place for."""
    what = "cover picture" if stream.disposition & COVER else f"{stream.type} stream"
    return (
        f"The {what} {stream.index} ({safe_text(codec_of(stream))}) has no place in "
        f"{place.name} and is left out."
    )


class Others:
    """The source's streams beside its video, added to an output that isn't started yet."""

    def __init__(self, source: Any, aim: Any, container: str, cut: Cut | None = None) -> None:
        self._source, self._place, self._cut = source, PLACES[container], cut
        self._start_s = clock_start_s(source)
        self.left_out: list[str] = []
        """A sentence for each stream that the container has no place for."""
        self._tracks: dict[int, Track] = {}
        for stream in source.streams:
            track = self._track(stream, aim)
            if track:
                self._tracks[stream.index] = track

    @property
    def metadata(self) -> dict[str, str]:
        """The source's own metadata: title, date, place and so on."""
        told = {k.lower(): v for k, v in self._source.metadata.items()}
        return {k: v for k, v in told.items() if k not in OWN_METADATA}

    def shift(self, time_base: Fraction) -> int:
        """Units of `time_base` that the source's clock is put back by."""
        return round(self._start_s / time_base)

    def packets(self) -> Iterator[Any]:
        """The output's packets in the source's order."""
        streams = [self._source.streams[i] for i in self._tracks]
        if not streams:
            return
        for packet in self._source.demux(streams):
            track = self._tracks[packet.stream.index]
            if isinstance(track, Cover) and packet.size:
                yield from track.take(packet)
            elif packet.dts is not None:
                yield from track.take(self._moved(packet))
        for track in self._tracks.values():
            yield from track.finish()

    def chapters(self) -> list[Any]:
        """The source's chapters, of a cut those that are left."""
        found = self._source.chapters()
        if not self._cut:
            return list(found)
        kept = []
        for chapter in found:
            unit = Fraction(chapter["time_base"])
            span = self._cut.span(chapter["start"] * unit, chapter["end"] * unit)
            if span:
                start, end = (round(t / unit) for t in span)
                kept.append({**chapter, "start": start, "end": end})
        return kept

    def _track(self, stream: Any, aim: Any) -> Track | None:
        place, is_cover = self._place, bool(stream.disposition & COVER)
        if stream.type == "video" and not is_cover:
            return None
        if is_cover and place.covers and codec_of(stream) in COVERS:
            return Cover(stream, aim)
        if stream.type == "audio" and self._cut:
            return Sound(stream, aim, place.sound_made, self._cut, self._start_s)
        track = track_of(stream, aim, place)
        if track is None:
            self.left_out.append(without_place(stream, place))
            return None
        return Trimmed(track, self._cut, self._start_s) if self._cut else track

    def _moved(self, packet: Any) -> Any:
        shift = self.shift(packet.time_base)
        if shift:
            packet.dts -= shift
            packet.pts = packet.pts if packet.pts is None else packet.pts - shift
        return packet


def clock_start_s(source: Any) -> Fraction:
    """Where the source's clock begins, in seconds; 0 where it begins at 0 by definition."""
    if ZERO_BASED & set(source.format.name.split(",")):
        return Fraction(0)
    return Fraction(source.start_time or 0, av.time_base)


def _describe(stream: Any, source: Any) -> None:
    """Language, title and disposition of a stream."""
    kept = ("language", "title", "handler_name")
    told = {k: v for k, v in source.metadata.items() if k in kept}
    if stream.container.format.name == "mov" and "language" in told:
        told["language"] = QUICKTIME.get(told["language"], told["language"])
    stream.metadata.update(told)
    stream.disposition = source.disposition
