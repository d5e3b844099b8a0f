"""Facts about a video or picture, asked of the engine through a short process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from engine.errors import BadInput
from engine.launch import engine_environment
from engine.protocol import safe_text

from . import words

PATIENCE_S = 30.0


def ask(path: Path) -> dict[str, Any]:
    """What the engine's probe says about a file. Raises `BadInput` with its sentence."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "engine", "ask", "media", str(path)],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE_S,
            env=engine_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BadInput(f"{path.name} was not read within {PATIENCE_S:.0f} s.") from error
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise BadInput(safe_text(lines[-1]) if lines else f"{path.name} can't be read.")
    answer: dict[str, Any] = json.loads(done.stdout)
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
