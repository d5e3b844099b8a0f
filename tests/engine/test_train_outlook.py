"""What a training will need: foretold at its start, by the command, and what it came to."""

from __future__ import annotations

from collections import namedtuple
from pathlib import Path
from typing import Any

import pytest
from train_project import new_project, work_on

from engine.errors import BadInput, NoSpace
from engine.project import Project
from engine.train import checkpoint, estimate, loop, outlook, trial
from engine.work import Work

MIB = estimate.MIB
Usage = namedtuple("Usage", "total used free")


def said(work: Work, kind: str) -> list[dict[str, Any]]:
    return [e.data for e in work.folder.events()[0] if e.k == kind]


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    return new_project(tmp_workspace)


def test_a_job_foretells_and_then_says_what_its_first_steps_came_to(project: Project) -> None:
    work = work_on(project, iterations=10, keep=2, optimiser="rmsprop")
    loop.run(work)
    (foretold,) = said(work, "estimate")
    newest = checkpoint.load(project.path / "model", pytest.fail).path
    stored = sum(file.stat().st_size for file in newest.iterdir())
    assert foretold["disk_mib"] * MIB == pytest.approx(3 * stored, abs=MIB, rel=0.02)
    (tried,) = said(work, "trial")
    assert tried["foretold_mib"] == foretold["memory_mib"]
    assert tried["s_per_iteration"] > 0
    # Four of the ten iterations are left when the sixth is done.
    assert tried["left_s"] == pytest.approx(4 * tried["s_per_iteration"], abs=0.51)


def test_a_disk_that_cannot_hold_the_saves_is_told_before_training(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop.run(work_on(project, iterations=3, keep=2))
    monkeypatch.setattr(outlook.shutil, "disk_usage", lambda _: Usage(0, 0, MIB))
    work = work_on(project, iterations=6, keep=2)
    with pytest.raises(NoSpace, match=r"need \d+ MiB more in .*model, and 1 MiB are free"):
        loop.run(work)
    assert checkpoint.load(project.path / "model", pytest.fail).state.iteration == 3


def test_little_memory_is_warned_of(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "free_memory_mib", lambda: 1)
    work = work_on(project, iterations=1)
    loop.run(work)
    assert any("1 MiB are free: a smaller --batch" in w["text"] for w in said(work, "warn"))


def test_the_command_tries_what_the_settings_ask_for(project: Project) -> None:
    told = trial.told(project, {"model": "quick", "batch": "2", "iterations": "7", "keep": "3"})
    assert (told["model"], told["batch"], told["iterations_left"]) == ("quick", 2, 7)
    assert told["disk_mib"] == pytest.approx(4 * told["save_mib"], abs=3)
    assert told["tried_s_per_iteration"] > 0
    assert not checkpoint.exists(project.path / "model")
    more = trial.told(project, {"model": "quick", "batch": "16"})
    assert more["s_per_iteration"] > 2 * told["s_per_iteration"]
    with pytest.raises(BadInput, match="nonsense"):
        trial.told(project, {"model": "nonsense"})


def test_parts_that_do_not_learn_need_no_moments(project: Project) -> None:
    whole = trial.told(project, {"model": "quick"})
    frozen = trial.told(project, {"model": "quick", "freeze": "encoder"})
    assert frozen["save_mib"] < whole["save_mib"]
    with pytest.raises(BadInput, match="no part 'nose' to freeze"):
        trial.told(project, {"model": "quick", "freeze": "nose"})


def test_a_begun_training_is_foretold_as_it_goes_on(project: Project) -> None:
    loop.run(work_on(project, iterations=3))
    told = trial.told(project, {"iterations": "10"})
    assert told["iterations_left"] == 7
    assert trial.told(project, {"iterations": "10", "anew": True})["iterations_left"] == 10
