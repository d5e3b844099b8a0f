"""Whole projects: renamed, duplicated, put away, taken out; nothing is lost or overwritten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from test_jobs import add

from engine import shelf
from engine.errors import AlreadyRunning, BadInput, Exit
from engine.locks import holder_text, take_locks
from engine.process import FileLock
from engine.project import Ground, Project
from engine.protocol import Job, JobFolder, Step
from engine.queue.queue import Queue
from engine.store import Store
from engine.workspace import projects_of
from fstui import cli


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    project = Project.create(tmp_workspace, "film")
    project.set_person("a", "Ann", Ground.SELF, "test")
    add(project, "a")
    clip = project.path / "media" / "a" / "own.mp4"
    clip.write_bytes(b"footage")
    (project.path / "model" / "checkpoints").mkdir()
    (project.path / "model" / "checkpoints" / "w.safetensors").write_bytes(b"weights")
    (project.path / "out" / "old.mp4").write_bytes(b"result")
    return Project.open(project.path)


def names(project: Project) -> list[str]:
    """Folders of the workspace, hidden ones too."""
    return sorted(p.name for p in project.path.parent.iterdir() if p.is_dir())


def test_a_project_is_renamed_put_away_and_comes_back(project: Project) -> None:
    workspace = project.path.parent
    there = shelf.rename(project.path, "cinema")
    assert [p.name for p in projects_of(workspace)] == ["cinema"]
    away = shelf.put_away(there, "archive")
    assert projects_of(workspace) == []
    assert [(k.place, k.name) for k in shelf.kept(workspace)] == [("archive", "cinema")]
    back = shelf.take_out(away, "film")
    assert (back / "media" / "a" / "own.mp4").read_bytes() == b"footage"
    trashed = shelf.put_away(back, "trash")
    Project.create(workspace, "film")
    assert shelf.put_away(workspace / "film", "trash").name != trashed.name
    assert len(shelf.kept(workspace)) == 2


@pytest.mark.parametrize("model", [False, True])
def test_a_duplicate_has_footage_faces_and_people_and_is_its_own(
    project: Project, model: bool
) -> None:
    aim, linked = shelf.duplicate(project.path, "second", model=model)
    second = Project.open(aim)
    assert linked
    assert second.file.people == project.file.people
    own = Path("media") / "a" / "own.mp4"
    assert (aim / own).stat().st_ino == (project.path / own).stat().st_ino
    assert (aim / "model" / "checkpoints" / "w.safetensors").exists() is model
    assert list((aim / "out").iterdir()) == []
    with Store(project.db_path, readonly=True) as old, Store(second.db_path) as new:
        assert len(list(new.faces())) == len(list(old.faces())) > 0
    second.set_person("b", "Bob", Ground.SELF, "test")
    assert "b" not in Project.open(project.path).file.people
    assert names(project) == ["film", "second"]


def test_nothing_moves_while_a_job_runs_and_no_name_is_taken_twice(project: Project) -> None:
    Project.create(project.path.parent, "other")
    for act in (
        lambda: shelf.rename(project.path, "other"),
        lambda: shelf.duplicate(project.path, "other", model=False),
        lambda: shelf.rename(project.path, "trash"),
        lambda: shelf.rename(project.path, "a/b"),
        lambda: shelf.remove(project.path),
    ):
        with pytest.raises(BadInput):
            act()
    folder = JobFolder.create(project.path, Job(1, "train", [Step("train")]))
    lock = FileLock(folder.lock_path)
    assert lock.acquire(holder_text(folder.name))
    for act in (
        lambda: shelf.rename(project.path, "new"),
        lambda: shelf.put_away(project.path, "trash"),
        lambda: shelf.duplicate(project.path, "new", model=False),
    ):
        with pytest.raises(AlreadyRunning, match=folder.name):
            act()
    lock.release()
    assert names(project) == ["film", "other"]


def moves(path: Path) -> list[Callable[[], object]]:
    return [lambda: shelf.rename(path, "new"), lambda: shelf.put_away(path, "trash")]


def test_nothing_moves_while_the_queue_may_start_a_job(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = Queue(project.path.parent)
    queue.add(project.path, Job(1, "train", [Step("train")]), held="you hold it")
    monkeypatch.setattr(shelf, "QUEUE_PATIENCE_S", 0.0)
    with queue.locked():  # as the keeper does
        for act in moves(project.path):
            with pytest.raises(AlreadyRunning, match="queue of"):
                act()
    assert moves(project.path)[0]() == project.path.parent / "new"


@pytest.mark.parametrize("act", range(3))
def test_no_job_gets_its_part_of_a_project_that_moves(
    project: Project, monkeypatch: pytest.MonkeyPatch, act: int
) -> None:
    met: list[str] = []

    def look(*_: object, **__: object) -> bool:
        for stage in ("extract", "train", "convert", "watch", "preview"):
            with pytest.raises(AlreadyRunning):
                take_locks(project.path, Job(1, stage, [Step(stage)]), "late")
            met.append(stage)
        raise BadInput("seen")

    monkeypatch.setattr(shelf, "_move", look)
    monkeypatch.setattr(shelf, "_bring", look)
    copies = [lambda: shelf.duplicate(project.path, "new", model=False)]
    with pytest.raises(BadInput, match="seen"):
        [*moves(project.path), *copies][act]()
    assert len(met) == 5
    shelf.refuse_if_busy(project.path)  # given back


def test_a_duplicate_that_fails_leaves_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> bool:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shelf, "_bring", full)
    with pytest.raises(Exception, match="space"):
        shelf.duplicate(project.path, "second", model=False)
    assert names(project) == ["film"]


def test_the_commands(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = project.path.parent
    assert cli.main(["project", "duplicate", "film", "second"]) == 0
    assert "second shares its large files" in capsys.readouterr().out
    assert cli.main(["project", "trash", "second"]) == 0
    assert "'fstui project restore second'" in capsys.readouterr().out
    assert cli.main(["project", "list"]) == 0
    assert "trash/second" in capsys.readouterr().out
    assert cli.main(["project", "restore", "second", "--as", "third"]) == 0
    assert cli.main(["project", "archive", "third"]) == 0
    assert cli.main(["project", "restore", "nobody"]) == Exit.BAD_INPUT
    assert cli.main(["project", "empty"]) == Exit.NOTHING_TO_DO
    assert cli.main(["project", "trash", "film"]) == 0
    assert cli.main(["project", "empty"]) == 0
    assert (workspace / "trash" / "film").exists()
    assert cli.main(["--readonly", "project", "empty", "--yes"]) == Exit.REFUSED
    assert cli.main(["project", "empty", "film", "--yes"]) == 0
    assert [(k.place, k.name) for k in shelf.kept(workspace)] == [("archive", "third")]
