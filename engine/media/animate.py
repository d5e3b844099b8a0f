"""Segments as an animated GIF or WebP, frame by frame: nothing but the encoder's own is in memory.

A GIF gets a palette for each frame, which its format allows; its clock has hundredths of a second.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.filter import Graph

from engine.media.probe import open_video
from engine.media.read import colour_matrix
from engine.media.write import Look, Segment, settle, told

CLOCK = Fraction(1, 1000)
PALETTE = "stats_mode=single"
DITHER = "new=1:dither=sierra2_4a"


def animate(segments: list[Segment], look: Look, out: Path, quality: int) -> None:
    """Write `out` as what its suffix says, turned for display; `quality` 1 to 100 is WebP's.
    Raises `NoSpace` or `BadInput`."""
    part = out.with_name(f".{out.name}.part")
    is_gif = out.suffix == ".gif"
    encoder = "gif" if is_gif else "libwebp_anim"
    options = {} if is_gif else {"quality": str(quality), "loop": "0"}
    with told(f"writing {out.name}"):
        clip: Any = av.open(
            f"file:{part.absolute()}", "w", format=out.suffix[1:], options={"loop": "0"}
        )
        stream: Any = None
        palette: _Palette | None = None
        try:
            for pts, rgba in _frames(segments, look):
                if stream is None:
                    stream = clip.add_stream(encoder, rate=look.rate, options=options)
                    stream.height, stream.width = rgba.shape[:2]
                    stream.pix_fmt = "pal8" if is_gif else "bgra"
                    stream.codec_context.time_base = CLOCK
                    palette = _Palette(stream.width, stream.height) if is_gif else None
                frame = av.VideoFrame.from_ndarray(rgba, format="rgba")
                frame = (
                    palette.apply(frame) if palette else frame.reformat(format="bgra", threads=1)
                )
                frame.pts, frame.time_base = pts, CLOCK
                clip.mux(stream.encode(frame))
            clip.mux(stream.encode(None))
        finally:
            clip.close()
        settle(part, out)


class _Palette:
    """FFmpeg's filters that find the 256 colours of a frame and dither it to them."""

    def __init__(self, width: int, height: int) -> None:
        self._graph = Graph()
        self._source = self._graph.add_buffer(
            width=width, height=height, format=av.VideoFormat("rgba"), time_base=CLOCK
        )
        split = self._graph.add("split")
        found = self._graph.add("palettegen", PALETTE)
        used = self._graph.add("paletteuse", DITHER)
        self._sink = self._graph.add("buffersink")
        self._source.link_to(split)
        split.link_to(found, 0)
        split.link_to(used, 1, 0)
        found.link_to(used, 0, 1)
        used.link_to(self._sink)
        self._graph.configure()
        self._count = 0

    def apply(self, frame: Any) -> Any:
        """A frame with a palette."""
        frame.pts, frame.time_base = self._count, CLOCK
        self._count += 1
        self._source.push(frame)
        return self._sink.pull()


def _frames(segments: list[Segment], look: Look) -> Iterator[tuple[int, np.ndarray]]:
    """Time from the first frame in units of `CLOCK`, and RGBA turned for display."""
    first = segments[0].first_pts
    for segment in segments:
        begin = (segment.first_pts - first) * look.time_base
        with open_video(segment.path) as container:
            stream = container.streams.video[0]
            for frame in container.decode(stream):
                frame.colorspace = colour_matrix(frame)
                pts = round((begin + frame.pts * stream.time_base) / CLOCK)
                rgba = frame.to_ndarray(format="rgba")
                yield pts, np.ascontiguousarray(np.rot90(rgba, -look.turn // 90))
