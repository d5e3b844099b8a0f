"""The demo's own decisions: how long it trains, what it says of its result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine import packs
from engine.project import Ground, Project
from engine.protocol import Job, JobFolder, Step
from engine.trust.consent import require_people
from fstui.model import demo, jobs


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """The steps that a start asks for, instead of processes."""
    asked: list[Step] = []

    def launch(path: Path, job: Job) -> JobFolder:
        asked.extend(job.steps)
        return JobFolder.create(path, job)

    monkeypatch.setattr(jobs, "launch", launch)
    return asked


def test_without_a_model_it_trains_however_short_it_shall_be(
    tmp_path: Path, steps: list[Step]
) -> None:
    demo.start(Project.create(tmp_path, "demo"), 3.0)
    training = [s for s in steps if s.stage == "train"]
    assert [s.settings["seconds"] for s in training] == [demo.LEAST_SECONDS]
    assert steps[-1].stage == "convert"


def test_with_a_model_too_little_time_left_is_not_trained(
    tmp_path: Path, steps: list[Step]
) -> None:
    project = Project.create(tmp_path, "demo")
    (project.path / "model" / "latest").write_text("000000010-ab12")
    demo.start(project, 3.0)
    assert [s.stage for s in steps] == ["extract", "extract", "extract", "convert"]


def result(**identity: Any) -> demo.Result:
    report = {"frames": 9, "frames_swapped": 8, "iterations": 7, "seconds_training": 5.0}
    return demo.Result(Path("v"), Path("s"), Path("r"), {**report, "identity": identity})


def test_likeness_is_said_or_why_it_could_not_be_measured() -> None:
    measured = result(nearer_to_new=0.5, median_to_new=0.61, median_to_replaced=0.62)
    assert "50% of them look more" in demo.words(measured)[-1]
    assert "0.61 to the new" in demo.words(measured)[-1]
    nothing = result(nearer_to_new=0.0, median_to_new=None, median_to_replaced=None)
    assert "8 of 9 frames swapped" in demo.words(nothing)[-2]
    assert "No face was found in the result" in demo.words(nothing)[-1]


def test_the_demos_people_are_recorded_as_what_they_are(
    tmp_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Published sample footage, for that is all that is known; a record of a user's stays."""

    def find(key: str) -> Path:
        assert packs.PIECES[key].folder == "samples"
        path = tmp_path / f"{key}.mp4"
        path.write_text(key)
        return path

    monkeypatch.setattr(packs, "fetch", lambda _keys, _say: None)
    monkeypatch.setattr(packs, "find", find)
    project = demo.prepare(tmp_workspace, lambda _: None)
    people = require_people(project)
    assert {side: person.ground for side, person in people.items()} == {
        "a": Ground.SAMPLE,
        "b": Ground.SAMPLE,
    }
    assert people["a"].recorded_by == "the demo"
    stems = {s: [Path(f.path).stem for f in project.sources(s)] for s in ("a", "b", "target")}
    assert stems == {"a": ["man-face-noface", "man-noface-face"], "b": ["woman"], "target": ["man"]}
    project.set_person("b", "Bea", Ground.CONSENT, "someone")
    assert demo.prepare(tmp_workspace, lambda _: None).file.people["b"].name == "Bea"
