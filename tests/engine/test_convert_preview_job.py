"""The preview as a job: started when it is asked, one for a project, beside all others, stopped."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clips import make_clip
from convert_project import make_project

from engine import launch as launching
from engine.convert.request import Request
from engine.errors import AlreadyRunning, BadInput, Exit, ModelMissing, NothingToDo, NotPossible
from engine.eventlog import Event
from engine.locks import holder_text
from engine.process import FileLock
from engine.project import Project
from engine.protocol import VERSION, Job, JobFolder, State, Step, find_job, jobs_of
from fstui import cli
from fstui.commands.stop import running_job, stop_in_order
from fstui.model import jobs, preview


@pytest.fixture
def project(
    tmp_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Project]:
    """With a model that paints; what a test left running is stopped."""
    clip = make_clip(tmp_path / "a.mp4", width=160, height=120, frames=30, sound=())
    made = make_project(tmp_workspace, [clip])
    program = Path(__file__).with_name("painting_engine.py")
    monkeypatch.setattr(
        launching, "engine_command", lambda *words: [sys.executable, str(program), *words]
    )
    yield made
    while folder := preview.running(made):
        jobs.kill(folder)


def previews(project: Project) -> list[JobFolder]:
    """Its preview jobs."""
    return [folder for folder in jobs_of(project.path) if folder.kind == "preview"]


def test_one_warm_job_answers_beside_everything_else(project: Project) -> None:
    others = [FileLock(project.path / "locks" / name) for name in ("faces", "model", "out")]
    assert all(lock.acquire(holder_text("other")) for lock in others)
    first = preview.look(project, Request(frames=[5]))
    second = preview.look(project, Request(frames=[6, 9], settings={"colour": "mkl"}))
    assert (first.frames, second.frames) == ([5], [6, 9])
    (folder,) = previews(project)
    assert Path(first.path).parent == Path(second.path).parent == folder.preview_folder
    with pytest.raises(AlreadyRunning, match="preview"):
        jobs.launch(project.path, Job(VERSION, "preview", [Step("preview")]))


def test_a_refusal_keeps_its_kind_and_the_job_goes_on(project: Project) -> None:
    with pytest.raises(BadInput, match="no frame 31"):
        preview.look(project, Request(frames=[31]))
    shutil.move(project.path / "model", project.path / "away")
    with pytest.raises(ModelMissing, match="no trained model"):
        preview.look(project, Request(frames=[3]))
    shutil.move(project.path / "away", project.path / "model")
    assert preview.look(project, Request(frames=[3])).model == "iteration 500"
    (folder,) = previews(project)
    with pytest.raises(NotPossible, match="can't save"):
        jobs.tell(folder, "save")


def test_one_that_goes_before_it_reads_the_look_is_started_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview.look(project, Request())
    (folder,) = previews(project)
    tell = jobs.tell

    def too_late(asked: JobFolder, verb: str, **args: Any) -> tuple[str, list[Event]]:
        if asked.path == folder.path:
            stop_in_order(folder)
        return tell(asked, verb, **args)

    monkeypatch.setattr(jobs, "tell", too_late)
    assert preview.look(project, Request(frames=[8])).frames == [8]
    assert len(previews(project)) == 2
    assert folder.current().state is State.DONE


def test_the_command_says_where_the_picture_is(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "look.jpg"
    words = ["preview", "film", "--frames", "4,8", "--colour", "mkl", "--out", str(out), "--json"]
    assert cli.main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["frames"] == [4, 8]
    assert told["out"] == str(out)
    assert out.read_bytes() == Path(told["path"]).read_bytes()
    assert cli.main(["preview", "film", "--close"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert Path(said[0]).is_file()
    assert said[1].startswith("a, frame 16 of 30, iteration 500")
    assert cli.main(["preview", "film", "--stop"]) == 0
    assert "done: 2 previews made" in capsys.readouterr().out
    assert preview.running(project) is None
    assert cli.main(["preview", "film", "--stop"]) == Exit.NOTHING_TO_DO


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--frames", "0"], Exit.BAD_INPUT, "counted from 1"),
        (["--frames", ",".join(["1"] * 13)], Exit.BAD_INPUT, "up to 12"),
        (["--colour", "pink"], Exit.BAD_INPUT, "mkl"),
        (["--out", "x.png"], Exit.BAD_INPUT, "end with .jpg"),
        (["--out", "nowhere/x.jpg"], Exit.BAD_INPUT, "no folder"),
        (["--stop", "--frames", "3"], Exit.USAGE, "nothing to show"),
        (["--readonly"], Exit.REFUSED, "--readonly"),
    ],
)
def test_what_can_not_be_asked_starts_nothing(
    project: Project,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    code: Exit,
    said: str,
) -> None:
    assert cli.main(["preview", "film", *words]) == code
    assert said in capsys.readouterr().err
    assert previews(project) == []


def test_the_job_that_is_meant_is_the_work(project: Project) -> None:
    """A warm preview hides no training, and is meant where nothing else runs."""
    train = JobFolder.create(project.path, Job(VERSION, "train", [Step("train")]))
    preview.look(project, Request())
    (folder,) = previews(project)
    assert find_job(project.path) is not None
    assert find_job(project.path).path == train.path
    assert running_job(project).path == folder.path
    lock = FileLock(train.lock_path)
    assert lock.acquire(holder_text(train.name))
    assert running_job(project).path == train.path


def test_one_that_was_killed_is_started_again(project: Project) -> None:
    preview.look(project, Request())
    (folder,) = previews(project)
    jobs.kill(folder)
    with pytest.raises(NothingToDo, match="ended before"):
        jobs.tell(folder, "look")
    assert preview.look(project, Request()).frames == [16]
