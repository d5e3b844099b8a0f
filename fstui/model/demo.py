"""The demo: the main job on sample footage of two people, from nothing or from what is there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from engine import packs
from engine.errors import Damaged
from engine.project import Ground, Project
from engine.protocol import JobFolder, Step
from engine.reached import checkpoint_iteration, converted_iteration
from engine.workspace import is_project
from fstui.model import jobs

NAME = "demo"
FOOTAGE = {"a": ("man-face-noface", "man-noface-face"), "b": ("woman",), "target": ("man",)}
"""The man is replaced by the woman, on a clip of him that the training has not seen."""
PEOPLE = {"a": "the man of the sample clips", "b": "the woman of the sample clip"}
TRAINING: dict[str, Any] = {"model": "quick", "batch": 8, "centring": "legacy"}
"""Few faces in a step, for more steps in the time; the tightest crop, for more pixels of face."""
LEAST_SECONDS = 5.0
"""Less training than this is not worth starting the engine again."""


class Result(NamedTuple):
    """What the demo made."""

    video: Path
    sheet: Path
    report_path: Path
    report: dict[str, Any]


def prepare(workspace: Path, say: Callable[[str], None]) -> Project:
    """The demo's project with its footage and people; what is missing is fetched and added."""
    packs.fetch([*packs.NETWORKS, *packs.DEMO_FOOTAGE], say)
    if is_project(workspace / NAME):
        project = Project.open(workspace / NAME)
    else:
        project = Project.create(workspace, NAME)
    for side, keys in FOOTAGE.items():
        project.add_sources(side, [packs.find(key) for key in keys])
    for side, name in PEOPLE.items():
        if side not in project.file.people:
            project.set_person(side, name, Ground.SAMPLE, "the demo")
    return project


def start(project: Project, seconds: float) -> JobFolder | None:
    """Start what is left to do as one job; None when the result is there already."""
    left = seconds - trained_seconds(project)
    if checkpoint_iteration(project.path) is None:
        left = max(left, LEAST_SECONDS)  # without a model there is nothing to convert with
    if left < LEAST_SECONDS and result(project) is not None:
        return None
    steps = [Step("extract", side) for side in FOOTAGE]
    if left >= LEAST_SECONDS:
        steps.append(Step("train", None, {**TRAINING, "seconds": left}))
    steps.append(Step("convert"))
    return jobs.start(project, NAME, steps)


def trained_seconds(project: Project) -> float:
    """How long the newest checkpoint was trained; 0.0 before the first."""
    model = project.path / "model"
    try:
        name = (model / "latest").read_text("utf-8").strip()
        state = json.loads((model / "checkpoints" / name / "state.json").read_text("utf-8"))
        return float(state["seconds"])
    except (OSError, ValueError, KeyError):
        return 0.0


def result(project: Project) -> Result | None:
    """The finished video, sheet and report of the newest checkpoint; None until they are there."""
    out = project.path / "out"
    report_path = out / "report.json"
    stem = packs.place(FOOTAGE["target"][0]).stem
    video, sheet = out / f"{stem}.mp4", out / f"{stem}.sheet.jpg"
    if not all(path.is_file() for path in (report_path, video, sheet)):
        return None
    try:
        report = json.loads(report_path.read_text("utf-8"))
    except ValueError as error:
        raise Damaged(f"{report_path} can't be read: {error}.") from error
    if converted_iteration(project.path) != checkpoint_iteration(project.path):
        return None
    return Result(video, sheet, report_path, report)


def words(made: Result) -> list[str]:
    """The result in plain lines."""
    report = made.report
    return [
        f"Video:   {made.video}",
        f"Sheet:   {made.sheet}",
        f"Report:  {made.report_path}",
        f"{report['frames_swapped']} of {report['frames']} frames swapped after "
        f"{report['iterations']} iterations ({report['seconds_training']:.0f} s of training).",
        likeness(report["identity"]),
    ]


def likeness(identity: dict[str, Any]) -> str:
    """Whose face the result shows, by distance; a figure that could not be measured is named."""
    new, replaced = identity["median_to_new"], identity["median_to_replaced"]
    if new is None or replaced is None:
        return (
            "No face was found in the result, so its likeness could not be measured: train longer "
            "with --seconds."
        )
    nearer = identity["nearer_to_new"] or 0.0
    return (
        f"{nearer:.0%} of them look more like the new person than the old one: median distance "
        f"{new:.2f} to the new, {replaced:.2f} to the old."
    )
