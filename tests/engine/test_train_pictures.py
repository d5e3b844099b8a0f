"""A training's pictures and records: previews by iteration, time-lapse, logs, the events' pace."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import pytest
from test_train_board import numbers, shown
from test_train_loop import events
from train_project import new_project, work_on

from engine.project import Project
from engine.train import loop
from engine.train.timelapse import frames_of
from engine.train.trainer import Trainer


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    return new_project(tmp_workspace)


def test_previews_logs_and_time_lapse_of_a_training_that_goes_back(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "REPORT_S", 0.0)
    records = {"timelapse": True, "tensorboard": True, "save_every": 10, "keep": 9}
    work = work_on(project, iterations=24, preview_every=8, preview_faces=6, **records)
    loop.run(work)
    model = project.path / "model"

    told = events(work, "preview")
    assert [p["iteration"] for p in told] == [8, 16, 24]
    assert told[-1]["sheet_columns"] == ["A", "A>A", "A>B", "mask", "B", "B>B", "B>A", "mask"]
    whole = cv2.imread(str(work.folder.path / told[-1]["sheet"]))
    assert whole.shape == (3 * 20 + 6 * 128, 8 * 128, 3)
    assert set(shown(model / "tensorboard", "preview")) == {8, 16, 24}

    assert [int(path.stem) for path in frames_of(model)] == [10, 20, 24]
    assert cv2.imread(str(frames_of(model)[0])).shape == (2 * 20 + 2 * 128, 6 * 128, 3)

    losses = {m["iteration"]: m["loss_a"] for m in events(work, "metric")}
    assert numbers(model / "tensorboard", "loss/a") == pytest.approx(losses)
    pace = numbers(model / "tensorboard", "examples a second")
    rates = {m["iteration"]: 2 * 2 * m["rate"] for m in events(work, "metric")}
    assert pace == pytest.approx(rates)

    # As a kill in iteration 14 would leave it: the sets of 20 and 24 are gone.
    sets = sorted((model / "checkpoints").iterdir())
    for gone in sets[1:]:
        gone.rename(project.path / gone.name)
    (model / "latest").write_text(sets[0].name)
    loop.run(work_on(project, iterations=12, **records))
    assert [int(path.stem) for path in frames_of(model)] == [10, 12]
    assert set(numbers(model / "tensorboard", "loss/a")) == set(range(1, 13))
    assert set(shown(model / "tensorboard", "preview")) == {8, 12}


def test_nothing_is_kept_that_was_not_asked_for(project: Project) -> None:
    work = work_on(project, iterations=2)
    loop.run(work)
    assert not (project.path / "model" / "timelapse").exists()
    assert not (project.path / "model" / "tensorboard").exists()


def test_a_training_begun_anew_takes_its_records_along(project: Project) -> None:
    records = {"timelapse": True, "tensorboard": True}
    loop.run(work_on(project, iterations=3, **records))
    loop.run(work_on(project, iterations=2, anew=True, **records))
    model = project.path / "model"
    assert [int(path.stem) for path in frames_of(model)] == [2]
    assert len(list((model / "tensorboard").iterdir())) == 1
    (aside,) = (project.path / "trash").glob("model-*")
    assert [int(path.stem) for path in frames_of(aside)] == [3]


def test_a_fast_training_reports_twice_a_second_at_most(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever else is asked of it meanwhile; only the report that closes may follow sooner."""
    work = work_on(project, seconds=2.3, save_every=10)

    def instant(self: Trainer, crops: Any, iteration: int, rate: float) -> None:
        self._sums.assign_add([0.0, 0.0, 1.0])
        if iteration % 50 == 0:
            work.folder.send("preview")
            work.folder.send("save")

    monkeypatch.setattr(Trainer, "step", instant)
    monkeypatch.setattr("engine.train.checkpoint.save", lambda *_: None)
    loop.run(work)
    told = [e for e in work.folder.events()[0] if e.k == "metric"]
    assert told[-1].data["iteration"] > 50
    assert len(told) >= 3
    times = [e.t for e in told[:-1]]
    assert min(after - before for before, after in pairwise(times)) > 0.49
