"""Trying again, taking out, and what a waiting job hides: nothing."""

from __future__ import annotations

import errno
import time
from pathlib import Path

import msgspec
import pytest
from queue_tools import entry_of, order, put, standing
from test_jobs import add, ended

from engine import hooks
from engine.errors import Exit, FstuiError, NoSpace, NothingToDo
from engine.locks import holder_text
from engine.process import FileLock, host
from engine.project import Project
from engine.protocol import Job, JobFolder, Snapshot, State, Step, find_job
from engine.queue import again
from engine.queue import entry as entries
from engine.queue.entry import Entry
from engine.queue.keeper import advance, kick, own_settings, stays, unsettled
from engine.queue.queue import Queue
from engine.queue.turn import Standing
from engine.settings.user import UserSettings
from fstui.model import jobs
from fstui.model.overview import overview
from fstui.model.tail import Tail


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    return Project.create(tmp_workspace, "film")


@pytest.fixture
def queue(tmp_workspace: Path) -> Queue:
    return Queue(tmp_workspace)


# --- trying again ---


@pytest.mark.parametrize(
    ("state", "code", "attempt", "later"),
    [
        (State.FAILED, Exit.NO_SPACE, 1, True),
        (State.FAILED, Exit.NO_SPACE, 12, False),
        (State.FAILED, Exit.OUT_OF_MEMORY, 1, True),
        (State.FAILED, Exit.OUT_OF_MEMORY, 2, False),
        (State.CRASHED, Exit.CRASHED, 1, True),
        (State.INTERRUPTED, Exit.STOPPED, 1, True),
        (State.STOPPED, Exit.STOPPED, 1, False),
        (State.REFUSED, Exit.REFUSED, 1, False),
        (State.FAILED, Exit.BAD_INPUT, 1, False),
        (State.FAILED, Exit.NOTHING_TO_DO, 1, False),
        (State.FAILED, Exit.DAMAGED, 1, False),
        (State.FAILED, Exit.BUG, 1, False),
        (State.DONE, Exit.DONE, 1, False),
    ],
)
def test_only_what_can_succeed_later_is_tried_again(
    project: Project, state: State, code: Exit, attempt: int, later: bool
) -> None:
    end = Snapshot(state=state, exit=int(code))
    assert again.may_succeed_later(put(project), end, attempt) is later


def test_footage_that_is_away_comes_back(project: Project) -> None:
    add(project, "a")
    folder, end = put(project), Snapshot(state=State.FAILED, exit=int(Exit.BAD_INPUT))
    assert not again.may_succeed_later(folder, end, 1)
    (source,) = Project.open(project.path).sources("a")
    project.source_path(source).unlink()
    assert again.may_succeed_later(folder, end, 1)


def test_what_power_or_a_kill_ended_is_tried_again_at_once_and_then_with_rests() -> None:
    cut_off = Snapshot(state=State.INTERRUPTED, exit=int(Exit.STOPPED))
    assert [again.rest_s(n, cut_off) for n in (1, 2)] == [0.0, 120.0]
    assert again.rest_s(1, Snapshot(state=State.CRASHED, exit=int(Exit.CRASHED))) == 60.0


def test_rests_grow_to_an_hour() -> None:
    assert [again.rest_s(n) for n in (1, 2, 3, 6, 7, 99)] == [60, 120, 240, 1920, 3600, 3600]


def fail(folder: JobFolder, code: Exit = Exit.NO_SPACE, state: State = State.FAILED) -> None:
    folder.lock_path.write_text("{}")
    folder.write_snapshot(Snapshot(state=state, exit=int(code)))


def test_an_end_is_settled_once_however_often_it_is_looked_at(
    project: Project, queue: Queue
) -> None:
    folder = put(project, priority=3)
    fail(folder)
    for _ in range(3):
        with queue.locked():
            assert stays(advance(queue))
    (waiting,) = queue.waiting()
    entry = waiting.entry
    assert (entry.again_of, entry.attempt, entry.priority) == (folder.name, 2, 3)
    assert 0 < entry.rests_s(time.time()) <= 60
    assert waiting.job is not None
    assert waiting.job.resumes == folder.name


def test_a_try_keeps_what_was_changed_and_throws_no_model_away_again(
    project: Project, queue: Queue
) -> None:
    job = Job(1, "train", [Step("train", None, {"anew": True, "batch": 4})])
    folder = queue.add(project.path, job)
    folder.append("change", iteration=10, settings={"learning_rate": 1e-5})
    fail(folder)
    with queue.locked():
        advance(queue)
    (waiting,) = queue.waiting()
    assert waiting.job is not None
    assert waiting.job.steps[0].settings == {"batch": 4, "learning_rate": 1e-5}


def test_the_user_tries_again_what_the_queue_does_not(project: Project, queue: Queue) -> None:
    folder = put(project)
    fail(folder, Exit.BAD_INPUT)
    with pytest.raises(NothingToDo, match="doesn't wait"):
        queue.change(folder, held="x")
    later = queue.retry(folder)
    assert entry_of(later).attempt == 1
    assert standing(later)[0] is Standing.READY
    with pytest.raises(NothingToDo, match=f"already, as {later.name}"):
        queue.retry(folder)
    entries.write(later, entry_of(later).resting(600.0))
    assert queue.retry(later).name == later.name
    assert standing(later)[0] is Standing.READY
    done = ended(project, "convert", State.DONE)
    with pytest.raises(NothingToDo, match="nothing to try again"):
        queue.retry(done)


def test_what_cannot_even_be_started_rests_and_is_held_in_the_end(
    project: Project, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_folder: JobFolder) -> None:
        raise FstuiError("the engine is not there")

    monkeypatch.setattr("engine.queue.keeper.begin", broken)
    folder = put(project)
    for number in range(again.START_TRIES):
        with queue.locked():
            left = advance(queue)
        assert stays(left) is (number < again.START_TRIES - 1)
        entries.write(folder, msgspec.structs.replace(entry_of(folder), delay_s=0.0))
    assert standing(folder) == (Standing.HELD, "the engine is not there")


def test_a_job_that_cannot_be_written_keeps_no_other_from_its_turn(
    project: Project,
    queue: Queue,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    over, bad, good = (put(Project.create(queue.workspace, n)) for n in ("over", "bad", "good"))
    fail(over, Exit.BAD_INPUT)
    begun: list[str] = []
    write = entries.write

    def begin(folder: JobFolder) -> None:
        if folder.name == bad.name:
            raise NoSpace("No space left here.")
        begun.append(folder.name)
        fail(folder)

    def full(folder: JobFolder, entry: Entry) -> None:
        if folder.name in (over.name, bad.name):
            raise NoSpace(f"No space left while writing {folder.name}.")
        write(folder, entry)

    monkeypatch.setattr("engine.queue.keeper.begin", begin)
    monkeypatch.setattr(entries, "write", full)
    monkeypatch.setattr("engine.queue.keeper.own_settings", lambda: UserSettings(at_once=9))
    for _ in range(2):
        with queue.locked():
            advance(queue)
    assert begun == [good.name]
    said = capsys.readouterr().err
    assert said.count(f"{over.name}: No space left while writing") == 1  # not at each look


def test_settings_that_cannot_be_read_are_told_once(
    tmp_workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text("queue = [")
    assert own_settings() == own_settings() == UserSettings()
    assert len(capsys.readouterr().err.splitlines()) == 1


# --- taking out ---


def test_a_cancelled_job_is_stopped_and_nothing_goes_on_from_it(
    project: Project, queue: Queue
) -> None:
    add(project, "a")
    add(project, "b")
    folder = put(project)
    queue.cancel(folder)
    now = folder.current()
    assert (now.state, now.exit) == (State.STOPPED, 9)
    assert order(queue) == []
    assert jobs.resumable(project, "train") is None
    assert jobs.cut_off(project, "train") is None
    with pytest.raises(NothingToDo, match="doesn't wait"):
        queue.cancel(folder)
    assert standing(queue.retry(folder))[0] is Standing.READY


class Killed(BaseException):
    """The process is gone: nothing of it tidies up."""


@pytest.mark.parametrize("before", ["append", "write_snapshot"])
def test_a_cancel_that_was_killed_half_way_is_completed(
    project: Project, queue: Queue, before: str
) -> None:
    folder = put(project)

    def kill(*_: object, **__: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JobFolder, before, kill)
        with pytest.raises(Killed):
            queue.cancel(folder)
    assert unsettled(queue)  # so that whoever looks starts a keeper
    with queue.locked():
        advance(queue)
    now = folder.current()
    assert (now.state, now.exit) == (State.STOPPED, 9)
    assert not unsettled(queue)
    assert order(queue) == []


def test_a_cancel_without_room_for_its_end_is_tried_again_by_hand(
    project: Project, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put(project)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(JobFolder, "append", full)
        with pytest.raises(NoSpace, match="the end of"):
            queue.cancel(folder)
    assert queue.retry(folder).name in order(queue)


def test_a_job_whose_place_cannot_be_read_is_cancelled(project: Project, queue: Queue) -> None:
    folder = put(project)
    (folder.path / "queue.json").write_text("{torn")
    queue.cancel(folder)
    assert folder.current().state is State.STOPPED
    assert order(queue) == []


def test_a_job_that_has_begun_is_stopped_not_cancelled(project: Project, queue: Queue) -> None:
    folder = put(project)
    lock = FileLock(folder.lock_path)
    assert lock.acquire()
    with pytest.raises(NothingToDo, match="doesn't wait"):
        queue.cancel(folder)
    lock.release()


# --- what a waiting job hides ---


def test_a_waiting_job_hides_no_running_one(project: Project, queue: Queue) -> None:
    before = ended(project, "train", State.STOPPED, settings={"batch": 4})
    waiting = put(project)
    for found in (find_job(project.path), jobs.newest(project, "train")):
        assert found is not None
        assert found.name == before.name
    assert not overview(project.path).running
    tail = Tail(lambda _: None)
    tail.follow(project.path)
    assert [u.folder.name for u in tail.look() if hasattr(u, "folder")] == [before.name]
    FileLock(waiting.lock_path).acquire(holder_text())
    assert [u.folder.name for u in tail.look() if hasattr(u, "folder")] == [waiting.name]


# --- keeping ---


def test_nobody_is_started_where_nothing_waits(
    project: Project, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, ...]] = []
    monkeypatch.setattr(
        "engine.queue.keeper.start_apart", lambda _log, _cwd, *words: started.append(words)
    )
    kick(queue.workspace)
    assert not queue.folder.exists()  # a look leaves nothing behind
    folder = put(project)
    queue.change(folder, held="you hold it")
    kick(queue.workspace)
    assert started == []
    queue.change(folder, held="")
    kick(queue.workspace)
    assert started == [("queue", str(queue.workspace))]
    lock = FileLock(queue.keeper_lock)
    assert lock.acquire()
    kick(queue.workspace)
    assert len(started) == 1
    lock.release()
    queue.boot_path.write_text("another boot")
    kick(queue.workspace)
    assert len(started) == 1  # nothing by itself after a restart
    cut_off = ended(project, "convert", State.RUNNING)
    (cut_off.path / hooks.DUE).write_text(host())
    kick(queue.workspace)
    assert len(started) == 2  # its hooks are due
