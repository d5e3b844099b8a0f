"""Cleaning up: what can go is shown with its size, and nothing else ever goes."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest
from test_jobs import ended

from engine import clean, hooks
from engine.locks import holder_text
from engine.process import FileLock, host
from engine.project import Project
from engine.protocol import Job, JobFolder, State, Step, jobs_of
from engine.queue.queue import Queue
from engine.watch.ledger import Ledger, Run
from fstui import cli
from fstui.model.answers import CleanAnswer

LONG_AGO = 1_000_000.0


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    return Project.create(tmp_workspace, "film")


def fill(project: Project) -> None:
    """Something of every kind."""
    for name in (
        "trash/000000010-ab12/weights.safetensors",
        "model/cache/a-0123.npy",
        "model/checkpoints/000000020-ab12/weights.safetensors",
        "model/snapshots/000000010-ab12/weights.safetensors",
        "out/.work/clip/segment-00001.mp4",
        "out/clip.mp4",
        "faces/a/clip/1_0.jpg",
    ):
        path = project.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 10_000)


def old_job(project: Project, kind: str, day: int, state: State = State.DONE) -> JobFolder:
    """A job that ended on a day: names tell which is newer."""
    made = ended(project, kind, state)
    path = made.path.with_name(f"202001{day:02d}T000000.000-{kind}-abcd")
    return JobFolder(made.path.rename(path))


def files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def kinds(found: list[clean.Removable]) -> set[str]:
    return {one.kind for one in found if not one.why_not}


def test_nothing_goes_before_yes(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    fill(project)
    before = files(project.path)
    assert cli.main(["clean", "film"]) == 0
    assert files(project.path) == before
    shown = capsys.readouterr().out
    assert "model/cache/a-0123.npy" in shown
    assert "'fstui clean film --yes' removes it" in shown
    assert "snapshots" not in shown


def test_yes_removes_what_was_shown_and_nothing_else(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(project)
    before = files(project.path)
    assert cli.main(["clean", "film", "--yes", "--json"]) == 0
    answer = msgspec.json.decode(capsys.readouterr().out, type=CleanAnswer)
    assert answer.removed
    assert answer.bytes >= 30_000
    gone = before - files(project.path)
    assert gone == {
        "trash/000000010-ab12/weights.safetensors",
        "model/cache/a-0123.npy",
        "out/.work/clip/segment-00001.mp4",
    }
    assert cli.main(["clean", "film", "--yes", "--only", "snapshots"]) == 0
    assert "model/snapshots/000000010-ab12/weights.safetensors" not in files(project.path)
    assert "model/checkpoints/000000020-ab12/weights.safetensors" in files(project.path)


def test_readonly_removes_nothing(project: Project) -> None:
    fill(project)
    before = files(project.path)
    assert cli.main(["--readonly", "clean", "film", "--yes"]) == 5
    assert files(project.path) == before


@pytest.mark.parametrize(
    ("lock", "stay"), [("model", {"trash", "cache", "snapshots"}), ("out", {"work"})]
)
def test_what_a_running_job_uses_stays(project: Project, lock: str, stay: set[str]) -> None:
    fill(project)
    shown = clean.removable(project, clean.KINDS)
    held = FileLock(project.path / "locks" / lock)
    assert held.acquire(holder_text())
    every = {"trash", "cache", "snapshots", "work"}
    assert kinds(clean.removable(project, clean.KINDS)) == every - stay
    # The job began between the look and the act.
    assert kinds(clean.remove(project, shown)) == every - stay
    held.release()
    assert kinds(clean.removable(project, clean.KINDS)) == stay


def test_links_are_removed_and_never_followed(project: Project, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "deep").mkdir(parents=True)
    (outside / "deep" / "file").write_text("mine")
    (project.path / "trash" / "link").symlink_to(outside)
    (project.path / "out" / ".work").mkdir()
    (project.path / "out" / ".work" / "file").symlink_to(outside / "deep" / "file")
    (project.path / "model" / "cache").symlink_to(outside)
    (project.path / "jobs" / "20200101T000000.000-train-abcd").symlink_to(outside)
    found = clean.removable(project, clean.KINDS)
    assert kinds(found) == {"trash", "work"}
    clean.remove(project, found)
    assert (outside / "deep" / "file").read_text() == "mine"
    assert not (project.path / "trash" / "link").is_symlink()


def test_a_folder_that_becomes_a_link_after_the_look_is_left(
    project: Project, tmp_path: Path
) -> None:
    fill(project)
    found = clean.removable(project, ("trash",))
    outside = tmp_path / "outside"
    os.rename(project.path / "trash", outside)
    (project.path / "trash").symlink_to(outside)
    assert kinds(clean.remove(project, found)) == set()
    assert files(outside)


def test_the_newest_jobs_of_each_kind_stay(project: Project) -> None:
    old = [old_job(project, "train", day) for day in range(1, 6)]
    one = old_job(project, "convert", 9)
    found = clean.removable(project, ("jobs",), keep=3)
    assert {r.path.name for r in found} == {old[0].name, old[1].name}
    clean.remove(project, found)
    assert [f.name for f in jobs_of(project.path)] == [one.name, *(f.name for f in old[:1:-1])]


def test_jobs_that_run_wait_or_are_waited_for_stay(project: Project) -> None:
    queue = Queue(project.path.parent)
    waited_for = old_job(project, "train", 1)
    plain = old_job(project, "train", 2)
    running = old_job(project, "train", 3, State.RUNNING)
    lock = FileLock(running.lock_path)
    assert lock.acquire(holder_text())
    waiting = queue.add(project.path, Job(1, "train", [Step("train")]), after=[waited_for.name])
    newest = old_job(project, "train", 4)
    found = clean.removable(project, ("jobs",), keep=1)
    assert [r.path.name for r in found] == [plain.name]
    assert {f.name for f in jobs_of(project.path)} >= {waiting.name, newest.name}
    lock.release()


def test_jobs_of_open_runs_and_of_hooks_that_are_due_stay(project: Project) -> None:
    runs, over, due = (old_job(project, "convert", day) for day in (1, 2, 3))
    with Ledger(project).change() as book:
        book.runs = [
            Run("1", "night", {}, "queued", job=runs.name),
            Run("2", "night", {}, "done", job=over.name),
        ]
    (due.path / hooks.DUE).write_text(host())
    old_job(project, "convert", 4)
    found = clean.removable(project, ("jobs",), keep=1)
    assert [r.path.name for r in found] == [over.name]


def test_folders_that_never_became_jobs_go_after_a_while(project: Project) -> None:
    half = JobFolder.create(project.path, Job(1, "train", [Step("train")]))
    (half.path / "job.json").unlink()
    assert clean.removable(project, ("jobs",)) == []  # somebody may be making it
    os.utime(half.path, (LONG_AGO, LONG_AGO))
    assert [r.path for r in clean.removable(project, ("jobs",))] == [half.path]


def test_a_project_that_is_clean_says_so(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["clean", "film", "--yes"]) == 0
    assert "Nothing of film needs to go" in capsys.readouterr().out
    assert cli.main(["clean", "film", "--keep", "0"]) == 2
