"""What a film or a picture is, stream by stream."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from engine.media.probe import open_video, probe
from engine.media.whole import missing_end
from engine.protocol import safe_text


def run(source: Path) -> dict[str, Any]:
    """The probe's words, each stream, chapters and metadata; text from the file is made safe."""
    found = msgspec.to_builtins(probe(source))
    if found["kind"] != "video":
        return {**found, "streams": [], "chapters": [], "metadata": {}, "problem": None}
    with open_video(source) as container:
        streams = [_stream(stream) for stream in container.streams]
        chapters = [
            {
                "start_s": float(chapter["start"] * chapter["time_base"]),
                "end_s": float(chapter["end"] * chapter["time_base"]),
                "title": safe_text(chapter["metadata"].get("title", "")),
            }
            for chapter in container.chapters()
        ]
        metadata = {safe_text(k): safe_text(v) for k, v in container.metadata.items()}
        bit_rate = container.bit_rate or None
    return {
        **found,
        "bytes": source.stat().st_size,
        "bit_rate": bit_rate,
        "streams": streams,
        "chapters": chapters,
        "metadata": metadata,
        "problem": missing_end(source),
    }


def _stream(stream: Any) -> dict[str, Any]:
    context = stream.codec_context
    told: dict[str, Any] = {
        "index": stream.index,
        "type": stream.type,
        "codec": safe_text(context.name if context else "unknown"),
        "language": safe_text(stream.language or ""),
        "title": safe_text(stream.metadata.get("title", "")),
        "start_s": _seconds(stream.start_time, stream),
        "duration_s": _seconds(stream.duration, stream),
        "bit_rate": (context.bit_rate or None) if context else None,
    }
    if stream.type == "video":
        told |= {
            "width": context.width,
            "height": context.height,
            "pixel_format": safe_text(context.pix_fmt or ""),
            "rate": str(stream.average_rate or ""),
            "sample_aspect": str(stream.sample_aspect_ratio or ""),
            "colours": {
                "matrix": int(context.colorspace),
                "range": int(context.color_range),
                "primaries": int(context.color_primaries),
                "transfer": int(context.color_trc),
            },
        }
    elif stream.type == "audio":
        told |= {"rate_hz": context.sample_rate, "layout": safe_text(context.layout.name)}
    return told


def _seconds(units: int | None, stream: Any) -> float | None:
    return None if units is None else float(units * stream.time_base)
