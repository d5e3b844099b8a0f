"""What a conversion came to: `out/<clip>.json` for each clip, `out/report.json` for them all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from engine.convert.identity import Identity, Measured, summary
from engine.protocol import write_atomic
from engine.quality.worst import Quality

VERSION = 1


class Part(msgspec.Struct, frozen=True):
    """What one of several models made: all faces of a person of the target."""

    person: int
    """As `faces people` numbers the target's."""
    project: str
    put_in: str
    """Side of that project."""
    iterations: int
    """Of its model."""
    identity: Identity


class ClipReport(msgspec.Struct, frozen=True):
    """One converted clip."""

    v: int
    clip: str
    source: str
    video: str
    """File or folder in `out/`."""
    sheet: str
    """None where whole frames aren't written."""
    fingerprint: str
    frames: int
    frames_swapped: int
    iterations: int
    """Of the model; of several the most."""
    seconds_training: float
    """Of all models."""
    seconds_converting: float
    identity: Identity
    settings: dict[str, Any]
    remarks: list[str]
    """What could not be read of the source or has no place in the output."""
    faces: list[Measured]
    """The swapped faces that `identity` sums up."""
    beside: list[str] = []
    """Further files or folders in `out/`, as masks."""
    flicker: dict[str, tuple[float, float]] = {}
    """What was smoothed over time and how much it shook before and after: `points` in percent of
    the face's size, `colours` in CIE 1976 colour differences, each the mean length of the second
    difference from frame to frame."""
    quality: Quality | None = None
    """Measured against the source; None where the setting report asked for less."""
    parts: list[Part] = []
    """Of a pass with several models, in the order of the setting models."""
    kept: list[tuple[int, int]] = []
    """Frames of the source that are in the result, half open from 0; none where all are."""


class Report(msgspec.Struct, frozen=True):
    """All clips of the last conversion."""

    v: int
    frames: int
    frames_swapped: int
    iterations: int
    seconds_total: float
    """From the start of the job: extracting and training too, where they were part of it."""
    seconds_training: float
    seconds_converting: float
    identity: Identity
    clips: list[str]
    parts: list[Part] = []
    """As those of the clips."""


def flicker_words(flicker: dict[str, tuple[float, float]]) -> list[str]:
    """What smoothing over time did, a clause each."""
    unit = {"points": " % of the face", "colours": " colour differences"}
    return [
        f"the {what} flicker by {after:.2f}{unit.get(what, '')}, {before:.2f} before smoothing"
        for what, (before, after) in flicker.items()
    ]


def write_clip(path: Path, report: ClipReport) -> None:
    """Replace a clip's report."""
    write_atomic(path, msgspec.json.format(msgspec.json.encode(report)))


def read_clip(path: Path) -> ClipReport | None:
    """A clip's report; None where there is none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=ClipReport)
    except (OSError, msgspec.MsgspecError):
        return None


def summed_up(parts: list[Part], faces: list[Measured]) -> list[Part]:
    """The parts with the likeness of their own among measured faces."""
    return [
        msgspec.structs.replace(
            part,
            identity=summary(
                [face for face in faces if face.model == number], part.identity.median_within_new
            ),
        )
        for number, part in enumerate(parts)
    ]


def write_all(path: Path, clips: list[ClipReport], seconds_total: float) -> Report:
    """Sum the clips up and replace the report."""
    report = Report(
        v=VERSION,
        frames=sum(c.frames for c in clips),
        frames_swapped=sum(c.frames_swapped for c in clips),
        iterations=max(c.iterations for c in clips),
        seconds_total=seconds_total,
        seconds_training=max(c.seconds_training for c in clips),
        seconds_converting=sum(c.seconds_converting for c in clips),
        identity=summary((f for c in clips for f in c.faces), clips[0].identity.median_within_new),
        clips=[c.clip for c in clips],
        parts=summed_up(clips[0].parts, [f for c in clips for f in c.faces]),
    )
    write_atomic(path, msgspec.json.format(msgspec.json.encode(report)))
    return report


def schema() -> dict[str, Any]:
    """What `report --json` answers with, as JSON Schema."""
    return msgspec.json.schema(list[ClipReport])
