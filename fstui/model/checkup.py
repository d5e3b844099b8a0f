"""What this machine and terminal have, for the command `doctor` and the doctor's page."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

import msgspec

from engine.filesystems import NETWORK_FILE_SYSTEMS, file_system
from engine.launch import ask
from engine.protocol import safe_text
from fstui import terminal
from fstui.i18n import later, tr
from fstui.model import words
from fstui.model.answers import FindingAnswer

Verdict = Literal["good", "note", "bad"]
MIN_FREE_BYTES = 5_000_000_000
MARKS = {"good": "ok ", "note": "-  ", "bad": "BAD"}
PATIENCE_S = 120.0
"""The engine looks at TensorFlow and the driver; on a cold disk that takes a while."""


def findings(workspace: Path, *, colour: str = "auto") -> list[FindingAnswer]:
    """All that is looked at, the terminal first. Raises what the engine answers with."""
    engines = msgspec.convert(ask("doctor", patience_s=PATIENCE_S), list[FindingAnswer])
    return [about_terminal(colour), about_workspace(workspace), *engines]


def line_of(finding: FindingAnswer) -> str:
    """One finding as a line of text."""
    return f"{MARKS[finding.verdict]} {finding.name:11} {finding.words}"


def about_terminal(colour: str = "auto") -> FindingAnswer:
    """What the terminal can show. None at all is no fault: commands work without one."""
    facts = terminal.look(colour=colour)
    parts = [
        "TERM=" + (safe_text(facts.term) or tr("not set")),
        f"{facts.columns}x{facts.rows}",
        tr("colours: {n}").format(n=facts.colours),
        "UTF-8" if facts.utf8 else tr("no UTF-8"),
        facts.multiplexer or tr("no tmux"),
        tr("pictures: {how}").format(how=facts.graphics or tr("half blocks")),
    ]
    if facts.ssh:
        parts.append(tr("over SSH"))
    problem = f" ({facts.problem})" if facts.problem else ""
    return FindingAnswer(
        later("terminal"), "note" if facts.problem else "good", ", ".join(parts) + problem
    )


def about_workspace(workspace: Path) -> FindingAnswer:
    """Room and kind of the disk that projects are on."""
    there = nearest(workspace)
    free = shutil.disk_usage(there).free
    kind = file_system(there)
    text = tr("{size} free for {path} ({kind})").format(
        size=words.size(free), path=workspace, kind=kind or tr("unknown file system")
    )
    if kind in NETWORK_FILE_SYSTEMS:
        text += tr(": a network file system, new footage is found by polling")
    if free < MIN_FREE_BYTES:
        text += tr(": little, crops and checkpoints take gigabytes")
    poor = free < MIN_FREE_BYTES or kind in NETWORK_FILE_SYSTEMS
    return FindingAnswer(later("disk"), "note" if poor else "good", text)


def nearest(path: Path) -> Path:
    """The folder itself or the closest one above that exists."""
    return next(p for p in (path, *path.parents) if p.exists())
