"""Reports of finished clips: what was measured, the worst frames and what is bad about each."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from engine.errors import NothingToDo
from engine.project import Project
from engine.quality.kinds import KINDS
from engine.quality.worst import Quality, worst_frames
from engine.spans import nth
from fstui.i18n import later, tr

LOST = "no face"
"""What is bad about a frame in which no face is found any more."""
SHORT = {LOST: later("no face is found any more")} | {kind.name: kind.short for kind in KINDS}


class Report(msgspec.Struct, frozen=True):
    """`out/<clip>.json` as far as it is told; `engine.convert.reports` writes it."""

    clip: str
    source: str
    video: str
    frames: int
    frames_swapped: int
    iterations: int
    settings: dict[str, Any] = {}
    parts: list[dict[str, Any]] = []
    flicker: dict[str, tuple[float, float]] = {}
    quality: Quality | None = None
    kept: list[tuple[int, int]] = []
    """Frames of the source that are in the result, half open; none where all are."""


class Worst(NamedTuple):
    """One of a clip's worst frames."""

    clip: str
    frame: int
    """Of the result, from 0."""
    source: int
    """The frame that it was made of."""
    why: str
    """`LOST` or a figure's name."""
    value: float | None
    """The figure of its worst face."""
    median: float | None
    """Over the clip."""


def read_report(path: Path) -> Report | None:
    """A clip's report; None where there is none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Report)
    except (OSError, msgspec.MsgspecError):
        return None


class _Whole(msgspec.Struct):
    """`out/report.json`."""

    clips: list[str] = []


def converted(project: Project) -> list[str]:
    """The clips of the last conversion. Raises `NothingToDo` before the first one."""
    try:
        data = (project.path / "out" / "report.json").read_bytes()
        return msgspec.json.decode(data, type=_Whole).clips
    except (OSError, msgspec.MsgspecError) as error:
        none = tr("{project} has no finished video: 'convert {typed}'.")
        raise NothingToDo(none.format(project=project.name, typed=project.typed)) from error


def worst(report: Report) -> list[Worst]:
    """Up to 20 frames, those on the sheet of the worst."""
    quality = report.quality
    if quality is None:
        return []
    return [
        Worst(report.clip, frame, nth(report.kept, frame), why, *_figures(quality, frame, why))
        for frame, why in worst_frames(quality).items()
    ]


def _figures(quality: Quality, frame: int, why: str) -> tuple[float | None, float | None]:
    """A figure of a frame's worst face, and its median over the clip."""
    if why not in quality.figures:
        return None, None
    here = [row.figures[why] for row in quality.rows if row.frame == frame and why in row.figures]
    larger = next(kind.worse for kind in KINDS if kind.name == why) == "larger"
    value = (max if larger else min)(here, default=None)
    return value, quality.figures[why].median
