"""Commands model and sessions on sets without a network: what they say, change and refuse."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from model_sets import RECIPE, SLOTS, WEIGHTS, no_warning, save, state

from engine.errors import AlreadyRunning, BadInput, Exit
from engine.process import FileLock
from engine.project import Project
from engine.sessions import Diary
from engine.train import care, checkpoint, sets
from fstui import cli


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    """A project with three sets and a snapshot of an older one."""
    project = Project.create(tmp_workspace, "film")
    model = project.path / "model"
    sets.snapshot(model, save(model, 10, loss=0.4))
    for iteration, loss in ((20, 0.2), (30, 0.3), (40, 0.35)):
        save(model, iteration, loss=loss)
    return project


def newest(project: Project) -> int:
    return checkpoint.load(project.path / "model", no_warning).state.iteration


def test_info_lists_every_set_and_marks_the_best(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["model", "info", "film"]) == Exit.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("model      quick, 64 px in, 96 px out")
    assert "numbers    26: encoder 26" in lines[1]
    assert [line.split("-")[0].split()[-1] for line in lines[2:]] == [
        "000000040", "000000030", "000000020", "000000010",
    ]  # fmt: skip
    assert [line.endswith("best") for line in lines[2:]] == [False, False, True, False]
    assert "loss A 0.2000 B 0.2000" in lines[4]


def test_check_finds_damage_and_what_is_no_number(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["model", "check", "film"]) == Exit.DONE
    assert capsys.readouterr().out.count("whole") == 4
    model = project.path / "model"
    (sets.checkpoints(model)[1] / "weights.safetensors").write_bytes(b"torn")
    bad = {**SLOTS, "encoder/conv_1/bias/m": np.array([np.nan, 1.0], np.float32)}
    checkpoint.save(model, RECIPE, state(50), WEIGHTS, bad, 9)
    assert cli.main(["model", "check", "film"]) == Exit.DAMAGED
    out = capsys.readouterr().out
    assert "encoder/conv_1/bias/m most (1 of 2)" in out
    assert "weights.safetensors is not as saved" in out


@pytest.mark.parametrize(
    ("wanted", "iteration", "aside"),
    [("", 30, 1), ("best", 20, 2), ("20", 20, 2), ("10", 10, 3), ("40", 40, 0)],
)
def test_an_older_set_becomes_the_newest(
    project: Project, wanted: str, iteration: int, aside: int
) -> None:
    done = care.restore(project, wanted)
    assert (done["iteration"], len(done["aside"])) == (iteration, aside)
    assert newest(project) == iteration
    trash = project.path / "trash"
    assert sorted(done["aside"]) == sorted(p.name for p in trash.glob("*"))
    assert all(checkpoint.verify(path) for path in trash.glob("*"))
    assert sets.iteration_of(sets.snapshots(project.path / "model")[0]) == 10


def test_restore_refuses_what_is_not_there_or_in_use(project: Project) -> None:
    with pytest.raises(BadInput, match="no set '77'"):
        care.restore(project, "77")
    lock = FileLock(project.path / "locks" / "model")
    assert lock.acquire()
    with pytest.raises(AlreadyRunning, match="training is already running"):
        care.restore(project, "best")
    lock.release()
    for _ in range(3):
        care.restore(project, "")
    with pytest.raises(BadInput, match="no older set"):
        care.restore(project, "")
    assert newest(project) == 10


def test_verbs_that_write_are_refused_under_readonly(project: Project) -> None:
    for words in (["restore", "film"], ["export", "film", "--to", "x"]):
        assert cli.main(["--readonly", "model", *words]) == Exit.REFUSED


def test_nothing_was_trained(tmp_workspace: Path) -> None:
    Project.create(tmp_workspace, "empty")
    for verb in ("info", "check", "restore"):
        assert cli.main(["model", verb, "empty"]) == Exit.MODEL_MISSING
    assert cli.main(["sessions", "empty"]) == Exit.NOTHING_TO_DO


def test_sessions_are_listed_with_their_speed(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    diary = Diary(project.path / "model")
    diary.begin("job-1", 0, faces_a=30, faces_b=40, batch=8, settings={"zoom": 3.0})
    diary.mark("save", 250, seconds=10.0, examples=4000)
    diary.mark("rollback", 300, "The losses are no numbers any more at iteration 300")
    diary.end(350, "trained", seconds=20.0, examples=5600)
    assert cli.main(["sessions", "film"]) == 0
    out = capsys.readouterr().out
    assert "0 to 350  20 s  280.0 EGs/s  batch 8  1 save  trained" in out
    assert "faces A 30, B 40; zoom 3.0" in out
    assert "300: The losses are no numbers any more" in out
    assert cli.main(["sessions", "film", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["rate"], len(one["marks"])) == (280.0, 2)
