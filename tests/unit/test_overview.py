"""What each project needs next, fast and whatever is broken."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from test_jobs import add, ended, ready_to_convert

from engine.disk import disk_use
from engine.locks import holder_text
from engine.process import FileLock
from engine.project import Project
from engine.protocol import Job, JobFolder, Snapshot, State, Step
from fstui.model import overview as module
from fstui.model.overview import ProjectLook, overview, overviews


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "ws", "film")


def next_command(project: Project) -> str:
    stage = overview(project.path).next
    return stage.command if stage else ""


def test_a_project_says_at_each_point_what_comes_next(project: Project) -> None:
    assert next_command(project) == "add film a|b|target PATH..."
    add(project, "a", extracted=False)
    assert next_command(project) == "add film b PATH..."  # all footage, then one extraction
    add(project, "b")
    assert next_command(project) == "extract film"


def test_footage_of_all_sides_is_extracted_at_once(project: Project) -> None:
    for side, following in (("a", "add film b"), ("b", "add film target"), ("target", "extract")):
        add(project, side, extracted=False)
        assert next_command(project).startswith(following)


def test_too_few_faces_are_told_before_a_training_is_begun(project: Project) -> None:
    add(project, "a", faces=24)
    add(project, "b", faces=25)
    train = overview(project.path).stages[1]
    assert (train.state, train.words) == ("needs", "24 and 25 faces, needs 25 of each")
    assert train.command == ""


def test_from_faces_to_a_result(project: Project) -> None:
    for side in ("a", "b"):
        add(project, side)
    now = overview(project.path)
    assert [s.state for s in now.stages] == ["part", "ready", "needs"]
    assert now.stages[1].command == "train film"
    ready_to_convert(project)
    now = overview(project.path)
    assert [s.state for s in now.stages] == ["done", "done", "ready"]
    assert now.iteration == 1234
    assert next_command(project) == "convert film"
    (project.path / "out" / "clip.mp4").write_bytes(b"x")
    (project.path / "out" / "clip.json").write_text("{}")
    (project.path / "out" / "report.json").write_text('{"iterations": 1234}')
    assert next_command(project) == ""
    assert overview(project.path).results == [project.path / "out" / "clip.mp4"]
    os.utime(project.path / "out" / "clip.mp4", (1, 1))  # copied: times say nothing
    assert next_command(project) == ""
    (project.path / "model" / "latest").write_text("000002000-ab12")  # trained on since
    assert next_command(project) == "convert film"
    (project.path / "out" / "report.json").write_text("[broken")
    assert next_command(project) == ""


@pytest.mark.parametrize(
    ("made", "beside"),
    [
        ("clip.mp4", ["timelapse.mp4", "clip.mask.mp4"]),
        ("a.clip.webp", ["a.clip.mp4.provenance.json", "old.mp4"]),
        ("clip", ["clip.mask", "clip.sheet.jpg", "export"]),
        ("clip.patches", ["clip.patches.json"]),
    ],
)
def test_results_are_what_conversions_report(
    project: Project, made: str, beside: list[str]
) -> None:
    out = project.path / "out"
    for name in (made, *beside):
        if "." in name.removesuffix(".patches").removesuffix(".mask"):
            (out / name).write_bytes(b"x")
        else:
            (out / name).mkdir()
    assert overview(project.path).results == []
    clip = made if made == "clip" else made.rpartition(".")[0]
    (out / f"{clip}.json").write_text("{}")
    assert overview(project.path).results == [out / made]


def test_a_time_lapse_is_no_conversion(project: Project) -> None:
    for side in ("a", "b"):
        add(project, side)
    ready_to_convert(project)
    (project.path / "out" / "timelapse.mp4").write_bytes(b"x")
    assert next_command(project) == "convert film"


def test_a_training_that_was_interrupted_can_be_gone_on_with(project: Project) -> None:
    for side in ("a", "b"):
        add(project, side)
    ready_to_convert(project)
    ended(project, "train", State.RUNNING, iteration=1300)
    now = overview(project.path)
    assert now.snapshot is not None
    assert now.snapshot.state is State.INTERRUPTED
    assert now.stages[1].words == "interrupted at iteration 1234"
    assert now.stages[1].command == "train film"


@pytest.mark.parametrize(("step", "words"), [(1, "stopped at iteration 1234"), (2, "iteration")])
def test_a_training_within_another_job_counts(project: Project, step: int, words: str) -> None:
    for side in ("a", "b"):
        add(project, side)
    ready_to_convert(project)
    steps = [Step("extract", "a"), Step("train", None, {"batch": 4}), Step("convert")]
    folder = JobFolder.create(project.path, Job(1, "demo", steps))
    folder.lock_path.write_text("{}")
    folder.write_snapshot(Snapshot(state=State.STOPPED, step=step))
    train = overview(project.path).stages[1]
    assert train.words.startswith(words)
    assert train.command == ("train film" if step == 1 else "")


def test_a_running_stage_says_how_to_follow_it(project: Project) -> None:
    folder = ended(project, "train", State.RUNNING)
    lock = FileLock(folder.lock_path)
    assert lock.acquire(holder_text())
    folder.write_snapshot(Snapshot(state=State.RUNNING, kind="train", stage="train"))
    now = overview(project.path)
    assert now.running
    assert now.stages[1].state == "running"
    assert now.stages[1].command == "attach film"
    lock.release()


def test_names_with_blanks_are_quoted_in_commands(tmp_path: Path) -> None:
    project = Project.create(tmp_path, "my film")
    assert next_command(project) == "add 'my film' a|b|target PATH..."


def test_damage_is_shown_with_its_reason(project: Project) -> None:
    ended(project, "train", State.STOPPED)
    (project.path / "project.toml").write_text("format = 1\nsource = 3\n")
    now = overview(project.path)
    assert "project.toml" in now.damaged
    assert now.job is not None
    assert overview(project.path.parent / "gone").damaged


def test_a_broken_store_is_damage(project: Project) -> None:
    project.db_path.write_bytes(b"rubbish" * 1000)
    assert "faces.db" in overview(project.path).damaged


def test_rejected_faces_do_not_count(project: Project) -> None:
    from engine.store import Store

    add(project, "a", faces=3)
    with Store(project.db_path) as store:
        store.reject([1])
    assert overview(project.path).sides["a"].faces == 2


def test_counts_are_kept_until_the_store_changes(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(project, "a")
    look = ProjectLook(project.path)
    assert look.look().sides["a"].faces == 25
    counted: list[Project] = []
    count = module._count
    monkeypatch.setattr(module, "_count", lambda p: counted.append(p) or count(p))
    assert look.look().sides["a"].faces == 25
    assert counted == []
    add(project, "b")
    assert look.look().sides["b"].faces == 25


def test_project_and_ended_jobs_are_read_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for side in ("a", "b"):
        add(project, side)
    ready_to_convert(project)
    ended(project, "train", State.STOPPED, iteration=1300)
    for _ in range(3):
        ended(project, "extract", State.DONE)
    look = ProjectLook(project.path)
    look.look()
    then = time.time() - 60
    os.utime(project.path / "jobs", (then, then))
    first, opened = look.look(), look.project
    assert first.stages[1].words == "stopped at iteration 1234"
    for name in ("job", "snapshot", "holder"):
        monkeypatch.setattr(JobFolder, name, lambda _: pytest.fail("read again"))
    assert look.look() == first
    assert look.project is opened
    more = project.path.parent / "more.mp4"
    more.write_bytes(b"more")
    project.add_sources("b", [more])
    assert look.look().sides["b"].sources == first.sides["b"].sources + 1
    (project.path / "project.toml").write_text("format = 1\nsource = 3\n")
    assert "project.toml" in look.look().damaged
    assert look.project is None


def test_twenty_projects_take_a_moment(tmp_path: Path) -> None:
    for number in range(20):
        project = Project.create(tmp_path / "ws", f"film {number}")
        for side in ("a", "b", "target"):
            add(project, side, faces=20)
        ended(project, "train", State.STOPPED)
    best = min(timed(lambda: overviews(tmp_path / "ws")) for _ in range(5))
    # 50 ms on a machine that opens and reads a small file in 10 microseconds.
    toml = tmp_path / "ws" / "film 0" / "project.toml"
    read = min(timed(lambda: [toml.read_bytes() for _ in range(1000)]) for _ in range(5)) / 1000
    assert best < max(0.05, 5000 * read)


def timed(act: object) -> float:
    """Seconds of processor: other programs count nothing."""
    start = time.process_time()
    act()  # type: ignore[operator]
    return time.process_time() - start


def test_disk_use_counts_all_of_it(project: Project) -> None:
    before = disk_use(project.path)
    (project.path / "out" / "big.mp4").write_bytes(b"x" * 1_000_000)
    assert 1_000_000 <= disk_use(project.path) - before < 1_100_000


def test_a_store_of_a_newer_fstui_is_told_and_not_taken_for_an_empty_one(project: Project) -> None:
    add(project, "a")
    with closing(sqlite3.connect(project.db_path)) as db:
        db.execute("PRAGMA user_version = 99")
        db.commit()
    assert "faces.db has format 99" in overview(project.path).damaged
