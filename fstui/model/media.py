"""Facts about a video or picture in words; the engine is asked through a short process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.launch import ask as ask_engine
from engine.protocol import safe_text

from . import words

PATIENCE_S = 120.0
"""A file that takes longer to open lies on a drive that doesn't answer."""


def ask(path: Path) -> dict[str, Any]:
    """What the engine's probe says about a file. Raises `BadInput` with its sentence."""
    answer: dict[str, Any] = ask_engine("media", str(path), patience_s=PATIENCE_S)
    return answer


def describe(facts: dict[str, Any]) -> str:
    """`1920x1080, 25 frames/s, 12 s, h264, sound`: a probe's answer in one line."""
    parts = [f"{facts['width']}x{facts['height']}"]
    if facts.get("kind") == "video":
        fps = facts["fps_num"] / max(1, facts["fps_den"])
        parts += [f"{fps:.4g} frames/s", words.duration(facts.get("duration_s"))]
    elif facts.get("frames"):
        parts.append(words.plural(int(facts["frames"]), "picture"))
    if facts.get("codec"):
        parts.append(safe_text(str(facts["codec"])))
    if facts.get("kind") == "video":
        parts.append("sound" if facts.get("audio") else "no sound")
    return ", ".join(parts)
