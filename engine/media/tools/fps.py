"""How fast a film runs, counted from its frames' own time stamps."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

from engine.errors import BadInput
from engine.media.probe import probe
from engine.media.read import packet_times
from engine.protocol import safe_text


def run(source: Path) -> dict[str, Any]:
    """The declared rate as a fraction, the measured one, and the shortest and longest frame."""
    info = probe(source)
    if info.kind != "video":
        raise BadInput(f"{safe_text(str(source))} is no video: pictures have no rate.")
    times = packet_times(source)
    gaps = [(b - a) * info.time_base for a, b in itertools.pairwise(times)]
    measured = 1 / (sum(gaps, Fraction(0)) / len(gaps)) if gaps else None
    return {
        "rate": f"{info.fps_num}/{info.fps_den}",
        "fps": float(info.fps),
        "measured_fps": float(measured) if measured else None,
        "frames": len(times),
        "varies": info.vfr,
        "shortest_s": float(min(gaps)) if gaps else None,
        "longest_s": float(max(gaps)) if gaps else None,
    }
