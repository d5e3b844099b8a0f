"""Putting jobs in the queue and changing it, as commands."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import msgspec
import pytest
from queue_tools import entry_of, order, put, standing
from test_jobs import add, ended, ready_to_convert

from engine.errors import Exit
from engine.locks import holder_text
from engine.process import FileLock
from engine.project import Project
from engine.protocol import Job, JobFolder, State, Step
from engine.queue.queue import Item, Queue
from engine.queue.turn import Standing
from fstui import cli
from fstui.model import jobs
from fstui.model import queue as model_queue
from fstui.model.answers import QueueAnswer


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    return Project.create(tmp_workspace, "film")


@pytest.fixture
def queue(tmp_workspace: Path) -> Queue:
    return Queue(tmp_workspace)


@pytest.fixture
def unkept(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Workspaces whose queue somebody wanted kept; no process is started."""
    asked: list[Path] = []
    monkeypatch.setattr(model_queue, "kick", asked.append)
    return asked


def fstui(*words: str) -> int:
    try:
        return cli.main(list(words))
    except SystemExit as end:
        return int(end.code or 0)


# --- commands ---


def test_a_job_is_queued_when_that_is_asked_for(
    project: Project, queue: Queue, unkept: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    ready_to_convert(project)
    for side in ("a", "b"):
        add(project, side)
    assert fstui("train", "film", "--queue", "--batch", "4") == 0
    assert fstui("convert", "film", "--after", "train", "--priority", "3") == 0
    convert, train = queue.waiting()
    assert train.job is not None
    assert train.job.steps[0].settings == {"batch": 4}
    assert convert.entry.after == [train.name]
    assert convert.entry.needs_bytes > 0
    assert unkept == [queue.workspace] * 2
    assert train.name in capsys.readouterr().out
    assert fstui("convert", "film", "--after", "nothing") == Exit.BAD_INPUT
    assert fstui("convert", "film", "--after", "nowhere/train") == Exit.BAD_INPUT
    assert fstui("--readonly", "convert", "film", "--queue") == Exit.REFUSED


def test_a_convert_after_a_training_needs_no_model_yet(
    project: Project, queue: Queue, unkept: list[Path]
) -> None:
    ready_to_convert(project)
    (project.path / "model" / "latest").unlink()
    put(project)
    assert fstui("convert", "film", "--queue") == Exit.MODEL_MISSING
    assert fstui("convert", "film", "--after", "train") == 0
    project.remove_person("b")
    assert fstui("convert", "film", "--after", "train") == Exit.REFUSED


def test_a_job_that_cannot_start_waits_where_the_user_said_so(
    project: Project,
    queue: Queue,
    unkept: list[Path],
    tmp_workspace: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for side in ("a", "b"):
        add(project, side)
    lock = FileLock(project.path / "locks" / "model")
    assert lock.acquire(holder_text())
    assert fstui("train", "film", "--detach") == Exit.ALREADY_RUNNING
    assert order(queue) == []
    assert fstui("settings", "set", "queue", "true") == 0
    assert fstui("train", "film", "--detach") == 0
    assert len(order(queue)) == 1
    lock.release()


def test_the_list_is_what_its_schema_says(
    project: Project, queue: Queue, capsys: pytest.CaptureFixture[str], unkept: list[Path]
) -> None:
    first = put(project, needs_bytes=6_600_000)
    put(project, "convert", after=[first.name])
    assert fstui("queue", "list", "--json") == 0
    answer = msgspec.json.decode(capsys.readouterr().out, type=QueueAnswer)
    assert [row.standing for row in answer.waiting] == ["ready", "after"]
    assert answer.waiting[1].after == [first.name]
    assert not answer.stands_still
    assert fstui("queue", "list") == 0
    assert "its turn is next (about 6.6 MB of disk)" in capsys.readouterr().out
    assert fstui("queue", "list", "--schema") == 0
    schema = json.loads(capsys.readouterr().out)
    assert set(schema["$defs"]["QueuedAnswer"]["required"]) == set(
        msgspec.to_builtins(answer.waiting[0])
    )


def test_the_queue_is_changed_by_place_or_by_name(
    project: Project, queue: Queue, capsys: pytest.CaptureFixture[str], unkept: list[Path]
) -> None:
    a, b = put(project), put(project, "convert")
    assert fstui("queue", "move", b.name, "1") == 0
    assert order(queue) == [b.name, a.name]
    assert fstui("queue", "move", "2", "--priority", "1") == 0
    assert order(queue) == [a.name, b.name]
    assert fstui("queue", "hold", "all") == 0
    assert "you hold it: 'fstui queue release' lets it go" in capsys.readouterr().out
    assert fstui("queue", "release", "1", "convert") == 0
    assert standing(a)[0] is Standing.READY
    assert fstui("queue", "cancel", "1") == 0
    assert order(queue) == [b.name]
    capsys.readouterr()
    for words in (
        *(["hold", "9"], ["cancel", "nobody"], ["move", "1"], ["move", "1", "middle"]),
        ["move", "1", "0"],
    ):
        assert fstui("queue", *words) in (Exit.BAD_INPUT, Exit.USAGE), words
        assert len(capsys.readouterr().err.splitlines()) == 1
    for words in (["hold", "1"], ["run"], ["cancel", "1"]):
        assert fstui("--readonly", "queue", *words) == Exit.REFUSED


def test_retrying_a_blocked_job_tries_what_it_waits_for(
    project: Project, queue: Queue, capsys: pytest.CaptureFixture[str], unkept: list[Path]
) -> None:
    failed = ended(project, "train", State.FAILED)
    blocked = put(project, "convert", after=[failed.name])
    assert standing(blocked)[0] is Standing.BLOCKED
    assert f"'queue retry {blocked.name}'" in standing(blocked)[1]
    assert fstui("queue", "retry", blocked.name) == 0
    (again,) = [i.folder for i in queue.waiting() if i.name != blocked.name]
    out = capsys.readouterr().out
    assert f"{failed.name} is tried again as {again.name}." in out
    assert f"{blocked.name} may go." in out
    assert standing(blocked) == (Standing.AFTER, f"{again.name} is to be done first")


def test_retrying_a_job_whose_forerunner_is_gone_waits_for_it_no_more(
    project: Project, queue: Queue, unkept: list[Path]
) -> None:
    gone, kept = put(project, "extract"), put(project)
    blocked = put(project, "convert", after=[gone.name, kept.name])
    shutil.rmtree(gone.path)
    assert fstui("queue", "retry", blocked.name) == 0
    assert entry_of(blocked).after == [kept.name]


def test_a_word_that_can_mean_several_jobs_is_refused_with_their_names(
    project: Project, queue: Queue, capsys: pytest.CaptureFixture[str], unkept: list[Path]
) -> None:
    ended(project, "train", State.FAILED)
    newer = ended(project, "train", State.FAILED)
    other = Project.create(project.path.parent, "other")
    theirs = ended(other, "train", State.FAILED)
    assert fstui("queue", "retry", "train") == Exit.BAD_INPUT
    said = capsys.readouterr().err
    assert f"film/{newer.name}" in said
    assert f"other/{theirs.name}" in said
    assert fstui("queue", "retry", "film/train") == 0
    assert f"{newer.name} is tried again" in capsys.readouterr().out


def test_waiting_for_what_waits_for_the_user_ends(
    project: Project, queue: Queue, unkept: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = put(project)
    queue.change(folder, held="you hold it")
    assert fstui("wait", "film") == Exit.STOPPED
    assert "stays in the queue (held): you hold it" in capsys.readouterr().err
    queue.change(folder, held="")
    queue.boot_path.write_text("another boot")
    assert fstui("wait", "film") == Exit.STOPPED
    assert "(still): the machine was started since" in capsys.readouterr().err
    queue.cancel(folder)
    assert fstui("wait", "film") == Exit.STOPPED


def test_nobody_waits_for_a_copied_job(
    project: Project, queue: Queue, unkept: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    begun, waits = put(project), put(project, "convert", held="you hold it")
    begun.lock_path.write_text("{}")
    shutil.copytree(project.path, queue.workspace / "copied")
    lock = FileLock(begun.lock_path)
    assert lock.acquire(holder_text())
    assert fstui("wait", "copied", "train", "--timeout", "5") == Exit.STOPPED
    assert "interrupted" in capsys.readouterr().err
    assert fstui("wait", "copied", waits.name, "--timeout", "5") == Exit.STOPPED
    assert "of which this project is a copy" in capsys.readouterr().err
    lock.release()


def test_nobody_can_attach_to_what_has_not_begun(
    project: Project, unkept: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    put(project)
    assert fstui("attach", "film") == Exit.NOTHING_TO_DO
    assert "waits in the queue: 'fstui queue list' says for what" in capsys.readouterr().err
    assert fstui("stop", "film") == Exit.NOTHING_TO_DO
    assert fstui("tail", "film") == 0
    assert fstui("logs", "film") == 0


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_all_means_all_though_one_begins_meanwhile_and_one_is_damaged(
    project: Project,
    queue: Queue,
    unkept: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
) -> None:
    begins, damaged, held = (put(project, priority=3 - n, held="you hold it") for n in range(3))
    (damaged.path / "queue.json").write_text("{torn")
    waiting = Queue.waiting

    def and_one_begins(self: Queue) -> list[Item]:
        found = waiting(self)
        begins.lock_path.write_text("{}")
        return found

    monkeypatch.setattr(Queue, "waiting", and_one_begins)
    assert fstui("queue", verb, "all") == 0
    if verb == "cancel":
        assert held.current().state is damaged.current().state is State.STOPPED
    else:
        assert entry_of(held).held == ""


def test_attaching_before_the_first_event_follows_from_the_beginning(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = JobFolder.create(project.path, Job(1, "train", [Step("train")]))
    followed: list[tuple[str, int]] = []

    def follow(job: JobFolder, _interrupts: object, offset: int) -> int:
        followed.append((job.name, offset))
        return 0

    monkeypatch.setattr("fstui.follow.follow", follow)
    assert fstui("--readonly", "attach", "film") == 0
    assert followed == [(folder.name, 0)]


def test_nothing_is_stopped_where_nothing_of_that_name_runs(
    project: Project, unkept: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        ended(project, "train", State.DONE)
    assert fstui("stop", "film", "train") == Exit.NOTHING_TO_DO
    assert "No job 'train' of film is running." in capsys.readouterr().err
    running = [ended(project, "extract", State.RUNNING) for _ in range(2)]
    locks = [FileLock(folder.lock_path) for folder in running]
    assert all(lock.acquire(holder_text()) for lock in locks)
    assert fstui("stop", "film", "extract") == Exit.BAD_INPUT
    assert all(folder.name in capsys.readouterr().err for folder in running[:1])
    for lock in locks:
        lock.release()


def test_a_job_that_ends_before_the_signal_was_stopped(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = ended(project, "train", State.RUNNING)
    lock = FileLock(folder.lock_path)
    assert lock.acquire(holder_text())

    def too_late(job: JobFolder, _patience_s: float) -> bool:
        """The patience is over, and then it ends."""
        lock.release()
        return False

    monkeypatch.setattr(jobs, "wait_for_end", too_late)
    assert fstui("stop", "film") == 0
    assert folder.name in capsys.readouterr().out
