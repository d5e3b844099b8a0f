"""Facts about a video or picture in words; the engine is asked through a short process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.launch import ask as ask_engine
from engine.protocol import safe_text
from fstui.i18n import tr

from . import words

PATIENCE_S = 120.0
"""A file that takes longer to open lies on a drive that doesn't answer."""
TOGETHER = 25
"""Files that one engine process opens: it takes longer to start than to open a file."""


def ask(path: Path) -> dict[str, Any]:
    """What the engine's probe says about a file. Raises `BadInput` with its sentence."""
    return ask_all([path])[0]


def ask_all(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """The same of many files; raises `BadInput` for the first that can't be used."""
    answers: list[dict[str, Any]] = []
    for start in range(0, len(paths), TOGETHER):
        some = [str(path) for path in paths[start : start + TOGETHER]]
        answers += ask_engine("media", *some, patience_s=PATIENCE_S)
    return answers


def describe(facts: dict[str, Any]) -> str:
    """`1920x1080, 25 frames/s, 12 s, h264, sound`: a probe's answer in one line."""
    parts = [f"{facts['width']}x{facts['height']}"]
    if facts.get("kind") == "video":
        fps = facts["fps_num"] / max(1, facts["fps_den"])
        parts += [tr("{n:.4g} frames/s").format(n=fps), words.length(facts.get("duration_s"))]
    elif facts.get("frames"):
        parts.append(words.plural(int(facts["frames"]), "picture"))
    if facts.get("codec"):
        parts.append(safe_text(str(facts["codec"])))
    if facts.get("kind") == "video":
        parts.append(tr("sound") if facts.get("audio") else tr("no sound"))
    return ", ".join(parts)
