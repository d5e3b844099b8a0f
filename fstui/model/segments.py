"""The target's clips over their frames: faces, what is swapped, what is converted, what came out
worst. Reading is for threads: it opens faces.db and the reports."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from engine.convert.shots import Shot, clip_name, read_shots
from engine.errors import BadInput
from engine.project import Project
from engine.protocol import safe_text
from engine.settings import listed
from engine.spans import Span, both, frame_spans, time_spans, typed, united, without
from engine.store import Store
from engine.tables import Media
from fstui.i18n import tr

from . import jobs
from .report import read_report, worst

NOBODY = -1
"""In place of a person's number where people were not told apart."""
RANGES = ("frames", "times", "clips")
"""Settings of convert that say which frames are swapped."""


class Segments(NamedTuple):
    """One clip of the target. Frames are indices from 0, spans half open."""

    name: str
    file: str
    """The footage's file name, by which the setting clips names it."""
    frames: int
    fps: float
    faces: dict[int, tuple[Span, ...]]
    """Where each person's face is, by their number."""
    shots: tuple[Shot, ...] = ()
    chosen: tuple[Span, ...] = ()
    """What a conversion swaps now; none where the clip is left out."""
    done: tuple[Span, ...] = ()
    """What is converted."""
    state: str = ""
    """What that is, in words: `at iteration 60`."""
    worst: dict[int, str] = {}  # noqa: RUF012
    """The source's frames that came out worst, and the figure by which."""


def read_segments(project: Project) -> list[Segments]:
    """All extracted clips of the target. Raises `Damaged` for what can't be read."""
    if not project.db_path.is_file():
        return []
    settings, shots = project.settings("convert"), read_shots(project)
    with Store(project.db_path, readonly=True) as store:
        media = store.media("target")
        found = [_faces_of(store, medium) for medium in media]
    drop = settings.get("outside") == "drop"
    for number, one in enumerate(found):
        of = tuple(shots.get(one.name, ()))
        one = one._replace(shots=of, chosen=tuple(chosen_in(settings, one)))
        found[number] = one._replace(**_made(project.path / "out", one, drop=drop))
    return found


def _faces_of(store: Store, medium: Media) -> Segments:
    rows = store.rows(
        "SELECT COALESCE(face.cluster, ?), frame.idx FROM face JOIN frame ON frame.id = face.frame"
        " WHERE frame.media = ? AND NOT face.rejected ORDER BY 1, 2",
        (NOBODY, medium.id),
    )
    step, people = _every(medium), dict[int, list[int]]()
    for person, index in rows:
        people.setdefault(person, []).append(index)
    return Segments(
        name=clip_name(medium),
        file=safe_text(Path(medium.path).name),
        frames=medium.frames or store.next_index(medium.id),
        fps=medium.fps_num / medium.fps_den if medium.fps_den else 0.0,
        faces={person: tuple(runs(frames, step)) for person, frames in people.items()},
    )


def _every(medium: Media) -> int:
    """Extraction looked at every so many frames."""
    with suppress(ValueError, KeyError, TypeError):
        return max(1, int(json.loads(medium.settings)["settings"]["every"]))
    return 1


def runs(frames: Iterable[int], step: int) -> list[Span]:
    """Ordered frames as spans; those at most a `step` apart are together."""
    found: list[Span] = []
    for index in frames:
        if found and index - (found[-1].stop or 0) < step:
            found[-1] = Span(found[-1].start, index + 1)
        else:
            found.append(Span(index, index + 1))
    return found


# --- what is swapped -------------------------------------------------------------------------


def chosen_in(settings: Mapping[str, Any], clip: Segments) -> list[Span]:
    """The frames of a clip that these settings of convert swap; times go by the clip's rate. What
    can't be read, which converting refuses with its reason, chooses nothing."""
    clips = listed(str(settings.get("clips", "")))
    if clips and not {clip.file, Path(clip.file).stem} & set(clips):
        return []
    try:
        spans = frame_spans(str(settings.get("frames", "")))
        if times := str(settings.get("times", "")):
            spans = both(spans, [_timed(clip, *ends) for ends in time_spans(times)])
    except BadInput:
        return []
    return both(spans, [Span(0, clip.frames)])


def _timed(clip: Segments, first: float, last: float | None) -> Span:
    return Span(round(first * clip.fps), None if last is None else round(last * clip.fps))


def is_whole(clip: Segments) -> bool:
    """Whether all of a clip is swapped."""
    return clip.chosen == (Span(0, clip.frames),)


def turned(clip: Segments, first: int, last: int) -> str:
    """The setting frames after the frames from `first` to `last` were chosen too or, where all of
    them were chosen, left out. Where all or nothing of the clip was swapped till now they are the
    only ones. Raises `BadInput` where nothing would be left."""
    span = Span(min(first, last), max(first, last) + 1)
    if is_whole(clip) or not clip.chosen:
        return typed([span])
    inside = both(clip.chosen, [span]) == [span]
    left = without(clip.chosen, span) if inside else united([*clip.chosen, span])
    if not left:
        raise BadInput(tr("No frame would be left: choose others first, or all of them."))
    return typed(left)


def choose(project: Project, values: Mapping[str, str]) -> dict[str, str]:
    """Write which frames and clips are swapped into the project's settings; what they were. Raises
    `BadInput` for what can't be read."""
    before = {name: str(project.settings("convert").get(name, "")) for name in RANGES}
    frame_spans(values.get("frames", ""))
    checked = jobs.checked(project, "convert", {name: values.get(name, "") for name in RANGES})

    def write(document: Any) -> None:
        table = document.setdefault("settings", {}).setdefault("convert", {})
        for name, value in checked.items():
            if value:
                table[name] = value
            else:
                table.pop(name, None)

    project.change(write)
    return before


# --- what is made ----------------------------------------------------------------------------


def _made(out: Path, clip: Segments, *, drop: bool) -> dict[str, Any]:
    """What is converted of a clip, by its journal while it is at work, else by its report. `drop`:
    only chosen frames come out."""
    with suppress(OSError, msgspec.MsgspecError):
        data = (out / ".work" / clip.name / "journal.json").read_bytes()
        frames = msgspec.json.decode(data, type=_Journal).frames
        written = clip.chosen if drop else (Span(0, clip.frames),)
        state = tr("{n} frames so far").format(n=frames)
        return {"done": tuple(first_of(written, frames)), "state": state}
    report = read_report(out / f"{clip.name}.json")
    if report is None:
        return {}
    come = [Span(*span) for span in report.kept] or [Span(0, report.frames)]
    spans = both(come, chosen_in({**report.settings, "clips": ""}, clip))
    state = tr("at iteration {n}").format(n=report.iterations)
    return {"done": tuple(spans), "state": state, "worst": {w.source: w.why for w in worst(report)}}


def first_of(spans: Iterable[Span], count: int) -> list[Span]:
    """The first so many frames of bounded spans."""
    found = []
    for start, stop in spans:
        taken = min(count, (stop or start) - start)
        if taken > 0:
            found.append(Span(start, start + taken))
        count -= taken
    return found


class _Part(msgspec.Struct):
    frames: int


class _Journal(msgspec.Struct):
    """As far as it is told here."""

    parts: list[_Part] = []

    @property
    def frames(self) -> int:
        return sum(part.frames for part in self.parts)
