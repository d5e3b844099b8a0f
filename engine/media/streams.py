"""What comes over from the source beside the pictures: sound, subtitles, metadata, its clock."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Protocol

import av
from av.subtitles.subtitle import SubtitleSet

from engine.protocol import safe_text

COPIED_SOUND = frozenset("aac mp3 mp2 ac3 eac3 alac flac opus".split())
"""Codecs that MP4 takes and players play from it; any other sound becomes AAC."""
COPIED_TEXT = frozenset({"mov_text"})
CONVERTED_TEXT = frozenset("subrip srt ass ssa webvtt text".split())

AAC_BITS_PER_CHANNEL = 96_000
AAC_RATES_HZ = frozenset(
    [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350]
)
LAYOUTS = ("mono", "stereo", "2.1", "4.0", "5.0", "5.1", "6.1", "7.1")
"""FFmpeg's defaults for 1 to 8 channels, for sources that give their number only."""

ZERO_BASED = frozenset({"mov", "mp4", "matroska", "webm", "nut"})
"""Containers whose clock begins at 0 by definition; the others' may begin anywhere."""

OWN_METADATA = frozenset("major_brand minor_version compatible_brands encoder duration".split())
"""Written by the muxer itself."""

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


class Sound:
    """Sound that MP4 has no place for, as AAC."""

    def __init__(self, source: Any, aim: Any) -> None:
        context = source.codec_context
        channels = context.layout.nb_channels
        if context.layout.name.endswith("channels") and channels <= len(LAYOUTS):
            context.layout = LAYOUTS[channels - 1]
        self._source = source
        rate = context.sample_rate if context.sample_rate in AAC_RATES_HZ else 48_000
        self._stream = aim.add_stream("aac", rate=rate)
        self._stream.codec_context.layout = context.layout
        self._stream.codec_context.bit_rate = AAC_BITS_PER_CHANNEL * channels
        _describe(self._stream, source)

    def take(self, packet: Any) -> list[Any]:
        """Decode and encode; what can't be decoded is left out."""
        try:
            frames = self._source.codec_context.decode(packet)
        except av.error.InvalidDataError:
            return []
        return [p for frame in frames for p in self._stream.encode(frame)]

    def finish(self) -> list[Any]:
        """The decoder's and the encoder's last frames."""
        frames = self._source.codec_context.decode(None)
        rest = [p for frame in frames for p in self._stream.encode(frame)]
        return rest + list(self._stream.encode(None))


class Text:
    """Text subtitles in MP4's own form; styles are lost."""

    def __init__(self, source: Any, aim: Any) -> None:
        self._source = source
        self._stream = aim.add_stream("mov_text")
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


class Others:
    """The source's streams beside its video, added to an output that isn't started yet."""

    def __init__(self, source: Any, aim: Any) -> None:
        self._source = source
        self._start_s = clock_start_s(source)
        self.left_out: list[str] = []
        """A sentence for each stream that MP4 has no place for."""
        self._tracks: dict[int, Track] = {}
        for stream in (*source.streams.audio, *source.streams.subtitles):
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
            if packet.dts is None:
                continue
            yield from self._tracks[packet.stream.index].take(self._moved(packet))
        for track in self._tracks.values():
            yield from track.finish()

    def _track(self, stream: Any, aim: Any) -> Track | None:
        codec = stream.codec_context.name if stream.codec_context else "unknown"
        if stream.type == "audio":
            return Copied(stream, aim) if codec in COPIED_SOUND else Sound(stream, aim)
        if codec in COPIED_TEXT:
            return Copied(stream, aim)
        if codec in CONVERTED_TEXT:
            return Text(stream, aim)
        self.left_out.append(
            f"The {stream.type} stream {stream.index} ({safe_text(codec)}) has no place in an MP4 "
            "and is left out."
        )
        return None

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
    stream.metadata.update({k: v for k, v in source.metadata.items() if k in kept})
    stream.disposition = source.disposition
