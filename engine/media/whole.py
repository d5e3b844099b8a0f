"""Whether the end of a video is there, told from its index without reading all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import msgspec

from engine.media.probe import open_video, probe, video_stream

SLACK_S = 1.0
"""Sound may outlast the picture by this much before the picture counts as cut off."""


def missing_end(path: Path) -> str | None:
    """A sentence about what is cut off the end of a video, None for a whole one.

    Formats that declare neither an index nor a duration (transport streams) count as whole.
    """
    with open_video(path) as container:
        stream = video_stream(container, path.name)
        length_s = float(container.duration or 0) / 1_000_000
        there_s, slack_s = _indexed_s(container, stream), 0.0  # an index names each byte
        if there_s is None:
            there_s, slack_s = _last_packet_s(container, stream), SLACK_S
        if there_s is None or length_s - there_s <= slack_s:
            return None
        return (
            f"it is cut off: about {there_s:.1f} s of {length_s:.1f} s are there, "
            "which is what will be used."
        )


def told(paths: list[Path]) -> list[dict[str, Any]]:
    """What the probe says of each, and what of a video's end is missing, as plain values."""
    found = []
    for path in paths:
        info = probe(path)
        problem = missing_end(path) if info.kind == "video" else None
        found.append({**msgspec.to_builtins(info), "problem": problem})
    return found


def _indexed_s(container: Any, stream: Any) -> float | None:
    """Seconds up to the last indexed frame whose bytes are in the file; None without an index."""
    entries = stream.index_entries
    if len(entries) < max(2, stream.frames):
        return None
    there = [e.timestamp for e in entries if e.pos + e.size <= container.size]
    if len(there) == len(entries):
        return float(container.duration or 0) / 1_000_000
    return float(max(there, default=0) * stream.time_base)


def _last_packet_s(container: Any, stream: Any) -> float | None:
    """Seconds of the last packet that can be reached from the declared end."""
    try:
        container.seek(container.duration or 0)
        times = [p.pts for p in container.demux(stream) if p.pts is not None]
    except av.error.FFmpegError:
        return None
    return float(max(times) * stream.time_base) if times else None
