"""Streams of one or more files put together in a new file, nothing encoded that needn't be."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from engine.errors import BadInput
from engine.media.codecs import MUXERS
from engine.media.probe import open_video, plain, video_stream
from engine.media.streams import OWN_METADATA, PLACES, Track, track_of, without_place
from engine.media.tools.aside import container_of
from engine.media.write import MAX_TIMESCALE
from engine.protocol import safe_text


@dataclass(frozen=True)
class Span:
    """The streams of one file over a stretch of its clock, on their way into another file."""

    path: Path
    kinds: frozenset[str]
    """Of `video`, `audio`, `subtitle`."""
    start_s: Fraction | None = None
    """Packets that end before are left out; None: none is."""
    stop_s: Fraction | None = None
    """Packets that begin here or later are left out; None: none is."""
    back_s: Fraction = Fraction(0)
    """Taken from every time stamp."""
    matrix: tuple[int, ...] | None = None
    """Another display matrix for the picture: nine numbers as FFmpeg has them."""
    formats: tuple[str, ...] = ()
    """Allowed beside those of films."""


def remux(part: Path, spans: Sequence[Span], head: int = -1) -> list[str]:
    """Write `part`, its container by its name, with metadata and chapters of the span `head`.

    Returns a sentence for each stream that the container has no place for. Raises `BadInput`.
    """
    container = container_of(part)
    try:
        with ExitStack() as stack:
            sources = [stack.enter_context(open_video(span.path, span.formats)) for span in spans]
            muxer, clock = MUXERS[container], _clock(sources, container)
            aim: Any = av.open(f"file:{part.absolute()}", "w", format=muxer, options=clock)
            stack.callback(aim.close)
            said: list[str] = []
            named = sources[head].streams.best("video")
            flows = [
                _Flow(source, span, aim, container, named, said)
                for source, span in zip(sources, spans, strict=True)
            ]
            _head(aim, sources[head], spans[head])
            aim.start_encoding()
            for packet in heapq.merge(*(flow.packets() for flow in flows), key=_seconds):
                aim.mux_one(packet)
    except av.error.FFmpegError as error:
        if isinstance(error, OSError) and error.errno:
            raise
        shown = ", ".join(safe_text(span.path.name) for span in spans)
        raise BadInput(f"{shown} can't be put into {container}: {plain(error)}.") from error
    return said


def _head(aim: Any, source: Any, span: Span) -> None:
    told = {k.lower(): v for k, v in source.metadata.items()}
    aim.metadata.update({k: v for k, v in told.items() if k not in OWN_METADATA})
    aim.set_chapters(list(_chapters(source.chapters(), span)))


def _chapters(chapters: Sequence[Any], span: Span) -> Iterator[Any]:
    """The chapters that reach into the span, cut to it and moved with it."""
    for chapter in chapters:
        unit = chapter["time_base"]
        start, end = chapter["start"] * unit, chapter["end"] * unit
        start = max(start, span.start_s) if span.start_s is not None else start
        end = min(end, span.stop_s) if span.stop_s is not None else end
        if start < end:
            moved = [round((at - span.back_s) / unit) for at in (start, end)]
            yield {**chapter, "start": moved[0], "end": moved[1]}


def _clock(sources: Sequence[Any], container: str) -> dict[str, str]:
    """An MP4's clock in units of the first source's picture, so that its times stay exact."""
    if container == "mkv":
        return {}
    scale = min(video_stream(sources[0], "").time_base.denominator, MAX_TIMESCALE)
    return {
        "video_track_timescale": str(scale),
        "movie_timescale": str(scale),
        "movflags": "+faststart",
    }


def _seconds(packet: Any) -> float:
    return float(packet.dts * packet.time_base)


class _Flow:
    """One file's streams in the output."""

    def __init__(
        self, source: Any, span: Span, aim: Any, container: str, named: Any, said: list[str]
    ) -> None:
        self._source, self._span = source, span
        self._tracks: dict[int, Track] = {}
        best = video_stream(source, "").index if "video" in span.kinds else None
        for stream in source.streams:
            if stream.index == best:
                self._tracks[stream.index] = _Picture(stream, aim, span.matrix, named or stream)
            elif stream.type in span.kinds:
                place = PLACES[container]
                track = None if stream.type == "video" else track_of(stream, aim, place)
                if track is None:
                    said.append(without_place(stream, place))
                else:
                    self._tracks[stream.index] = track

    def packets(self) -> Iterator[Any]:
        """The output's packets, in the source's order."""
        streams = [self._source.streams[index] for index in self._tracks]
        if not streams:
            return
        for packet in _with_dts(self._source.demux(streams)):
            if not self._inside(packet):
                continue
            track = self._tracks[packet.stream.index]
            back = round(self._span.back_s / packet.time_base)
            packet.dts -= back
            packet.pts = None if packet.pts is None else packet.pts - back
            yield from track.take(packet)
        for track in self._tracks.values():
            yield from track.finish()

    def _inside(self, packet: Any) -> bool:
        start, stop = self._span.start_s, self._span.stop_s
        at = (packet.dts if packet.pts is None else packet.pts) * packet.time_base
        is_picture = packet.stream.type == "video"  # frames begin in the span or lie outside
        end = at if is_picture else at + (packet.duration or 0) * packet.time_base
        after = start is None or (end >= start if is_picture else end > start)
        return after and (stop is None or at < stop)


def _with_dts(packets: Iterable[Any]) -> Iterator[Any]:
    """Packets, all with a decoding time. Matroska stores none, so those of the first pictures are
    unknown where pictures are predicted both ways; they are set before the first known one."""
    waiting: dict[int, list[Any]] = {}
    for packet in packets:
        if packet.pts is None and packet.dts is None:
            continue
        held = waiting.setdefault(packet.stream.index, [])
        if packet.dts is None:
            held.append(packet)
            continue
        yield from _before(held, packet.dts)
        held.clear()
        yield packet
    for held in waiting.values():
        yield from _before(held, min((p.pts for p in held), default=0) + 1)


def _before(held: list[Any], dts: int) -> list[Any]:
    """Packets with decoding times that rise towards one."""
    gap = max(1, min((p.duration or 1 for p in held), default=1))
    for back, packet in enumerate(reversed(held), 1):
        packet.dts = dts - back * gap
    return held


class _Picture:
    """The picture's packets as they are, under the name of the stream `named`."""

    def __init__(self, source: Any, aim: Any, matrix: tuple[int, ...] | None, named: Any) -> None:
        rate = source.average_rate or source.guessed_rate or 25
        self._lasts = max(1, round(1 / (rate * source.time_base)))
        self._stream = aim.add_stream_from_template(source, opaque=True)
        kept = ("language", "title", "handler_name")
        self._stream.metadata.update({k: v for k, v in named.metadata.items() if k in kept})
        if matrix:
            self._stream.set_display_matrix(matrix)

    def take(self, packet: Any) -> list[Any]:
        """The packet itself; one without a length gets the rate's, or an MP4 ends before it."""
        packet.duration = packet.duration or self._lasts
        packet.stream = self._stream
        return [packet]

    def finish(self) -> list[Any]:
        """Nothing."""
        return []
