"""What stands in the queue, what each job waits for, and the acts on it."""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from test_jobs import add, ended, ready_to_convert

from engine import hooks
from engine.devices import Gpu
from engine.errors import Exit, FstuiError, NoSpace, NothingToDo
from engine.process import FileLock, device_lock_folder, host
from engine.project import Project
from engine.protocol import Job, JobFolder, Snapshot, State, Step, find_job, holder_text
from engine.queue import again
from engine.queue import entry as entries
from engine.queue.entry import Entry
from engine.queue.keeper import advance, kick, stays
from engine.queue.queue import Queue
from engine.queue.turn import Look, Standing
from engine.settings.user import UserSettings
from fstui import cli
from fstui.model import jobs
from fstui.model import queue as model_queue
from fstui.model.answers import QueueAnswer
from fstui.model.overview import overview
from fstui.model.tail import Tail


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


def put(project: Project, kind: str = "train", device: str | None = None, **more: Any) -> JobFolder:
    job = Job(1, kind, [Step(kind)], device)
    return Queue(project.path.parent).add(project.path, job, **more)


def order(queue: Queue) -> list[str]:
    return [item.name for item in queue.waiting()]


def standing(folder: JobFolder, settings: UserSettings | None = None) -> tuple[Standing, str]:
    look = Look(Queue(folder.project.parent), settings or UserSettings(spare_gb=0.0))
    (found,) = [t for t in look.turns() if t.item.name == folder.name]
    return found.standing, found.why


def entry_of(folder: JobFolder) -> Entry:
    entry = entries.read(folder)
    assert entry is not None
    return entry


def fstui(*words: str) -> int:
    try:
        return cli.main(list(words))
    except SystemExit as end:
        return int(end.code or 0)


# --- order ---


def test_jobs_wait_in_the_order_they_came_and_by_priority(project: Project, queue: Queue) -> None:
    a, b, c = put(project), put(project), put(project, priority=2)
    assert order(queue) == [c.name, a.name, b.name]


@pytest.mark.parametrize(
    ("place", "after"), [(1, "caxb"), (2, "acxb"), (3, "axcb"), (4, "axbc"), (99, "axbc")]
)
def test_a_job_moves_to_a_place(project: Project, queue: Queue, place: int, after: str) -> None:
    names = {letter: put(project) for letter in "axb"}
    names["c"] = put(project)
    queue.move(names["c"], place)
    assert order(queue) == [names[letter].name for letter in after]


def test_a_move_among_others_takes_their_priority(project: Project, queue: Queue) -> None:
    low, high, higher = put(project), put(project, priority=1), put(project, priority=2)
    queue.move(low, 2)
    assert order(queue) == [higher.name, low.name, high.name]
    queue.move(higher, 3)
    assert order(queue) == [low.name, high.name, higher.name]


def test_a_clock_that_jumps_back_changes_no_order(
    project: Project, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = put(project)
    resting = put(project, kind="convert")
    entries.write(resting, entry_of(resting).resting(600.0))
    assert standing(resting)[0] is Standing.RESTS
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 365 * 86400)
    last = put(project)
    assert order(queue) == [first.name, resting.name, last.name]
    assert standing(resting)[0] is not Standing.RESTS  # for a year


# --- what a job waits for ---


def test_a_job_that_can_start_is_ready_and_takes_its_part_of_the_project(project: Project) -> None:
    first, second, other = put(project), put(project), put(project, "convert")
    settings = UserSettings(at_once=9, spare_gb=0.0)
    assert standing(first, settings)[0] is Standing.READY
    assert standing(second, settings)[0] is Standing.PROJECT
    assert standing(other, settings)[0] is Standing.READY


def test_a_part_of_the_project_that_is_in_use_is_named(project: Project) -> None:
    folder = put(project)
    lock = FileLock(project.path / "locks" / "model")
    assert lock.acquire(holder_text("the-other-job"))
    assert standing(folder) == (
        Standing.PROJECT,
        "the-other-job uses the same part of the project",
    )
    lock.release()
    assert standing(folder)[0] is Standing.READY


def test_the_cpu_computes_as_many_at_once_as_the_user_says(
    project: Project, tmp_workspace: Path
) -> None:
    other = put(Project.create(tmp_workspace, "other"))
    folder = put(project)
    assert standing(other)[0] is Standing.READY
    assert standing(folder)[0] is Standing.DEVICE
    assert standing(folder, UserSettings(at_once=2, spare_gb=0.0))[0] is Standing.READY


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Gpu]:
    have = [Gpu(n, f"test-{tmp_path.name}-{n}", "a GPU") for n in range(2)]
    monkeypatch.setattr("engine.devices.gpus", lambda: have)
    return have


def test_jobs_wait_for_a_free_device(
    project: Project, tmp_workspace: Path, two_gpus: list[Gpu]
) -> None:
    others = [Project.create(tmp_workspace, f"other{n}") for n in range(3)]
    lock = FileLock(device_lock_folder() / f"fstui-gpu-{two_gpus[0].uuid}.lock", shared=True)
    assert lock.acquire()
    first, second = put(project), put(others[0])
    named = put(others[1], device="gpu:0")
    absent = put(others[2], device="gpu:7")
    assert standing(first)[0] is Standing.READY  # the second device is free
    assert standing(second) == (Standing.DEVICE, "no device is free")
    assert standing(named) == (Standing.DEVICE, "its device is taken")
    assert standing(absent)[0] is Standing.HELD
    lock.release()
    assert standing(second)[0] is Standing.READY


def test_a_job_for_two_devices_is_not_overtaken_for_ever(
    project: Project, tmp_workspace: Path, two_gpus: list[Gpu]
) -> None:
    lock = FileLock(device_lock_folder() / f"fstui-gpu-{two_gpus[0].uuid}.lock", shared=True)
    assert lock.acquire()
    both = put(project, device="gpu:0,1")
    one = put(Project.create(tmp_workspace, "other"))
    assert [standing(f)[0] for f in (both, one)] == [Standing.DEVICE, Standing.DEVICE]
    lock.release()
    assert standing(both)[0] is Standing.READY


@pytest.mark.parametrize(
    ("state", "code", "found"),
    [
        (State.DONE, 0, Standing.READY),
        (State.RUNNING, None, Standing.AFTER),
        (State.FAILED, 7, Standing.AFTER),  # it is tried again
        (State.FAILED, 3, Standing.BLOCKED),
        (State.REFUSED, 5, Standing.BLOCKED),
        (State.STOPPED, 9, Standing.BLOCKED),
    ],
)
def test_a_job_comes_after_another_one_that_is_done(
    project: Project, state: State, code: int | None, found: Standing
) -> None:
    first = put(project)
    second = put(project, "convert", after=[first.name])
    lock = FileLock(first.lock_path)
    assert lock.acquire(holder_text())
    first.write_snapshot(Snapshot(state=state, exit=code, device="GPU"))
    if code is not None:
        lock.release()
    assert standing(second)[0] is found
    lock.release()


def test_a_dependency_that_is_gone_blocks_and_says_so(project: Project, queue: Queue) -> None:
    first = put(project)
    second = put(project, "convert", after=[first.name])
    shutil.rmtree(first.path)
    found, why = standing(second)
    assert found is Standing.BLOCKED
    assert f"{first.name} is gone" in why


def test_a_job_that_would_fill_the_disk_is_held_with_the_figure(project: Project) -> None:
    folder = put(project, needs_bytes=10**15)
    found, why = standing(folder)
    assert found is Standing.DISK
    assert "needs about 1000000.00 GB" in why
    assert "GB are free" in why


def test_the_quota_counts_what_is_there_and_what_is_promised(
    project: Project, tmp_workspace: Path
) -> None:
    (project.path / "out" / "film.mp4").write_bytes(b"x" * 1_000_000)
    first = put(project, needs_bytes=1_500_000)
    second = put(project, "convert", needs_bytes=1_500_000)
    roomy = UserSettings(quota_gb=0.1, spare_gb=0.0, at_once=2)
    tight = UserSettings(quota_gb=0.003, spare_gb=0.0, at_once=2)
    assert [standing(f, roomy)[0] for f in (first, second)] == [Standing.READY] * 2
    assert standing(first, tight)[0] is Standing.READY
    found, why = standing(second, tight)
    assert found is Standing.DISK
    assert "of its quota of 0.003 GB" in why


def test_a_hold_lasts_until_it_is_released(project: Project, queue: Queue) -> None:
    folder = put(project)
    queue.change(folder, held="you hold it")
    assert standing(folder) == (Standing.HELD, "you hold it")
    queue.change(folder, held="")
    assert standing(folder)[0] is Standing.READY


# --- damage and change ---


@pytest.mark.parametrize("file", ["job.json", "queue.json"])
@pytest.mark.parametrize("text", ["{broken", "[]", '{"v": 9, "kind": "train", "steps": []}', ""])
def test_a_damaged_job_stays_and_stops_no_other(
    project: Project, queue: Queue, file: str, text: str
) -> None:
    damaged = put(project)
    (damaged.path / file).write_text(text)
    sound = put(project)
    assert standing(damaged)[0] is Standing.DAMAGED
    assert standing(sound)[0] is Standing.READY
    assert entry_of(put(project)).order < 10  # damage moves nobody to infinity


def test_a_project_that_moves_away_takes_its_jobs_along(
    project: Project, queue: Queue, tmp_path: Path
) -> None:
    gone = put(project)
    stays_here = put(Project.create(queue.workspace, "other"), after=[gone.name])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.move(project.path, elsewhere / "film")
    assert order(queue) == [stays_here.name]
    assert standing(stays_here)[0] is Standing.BLOCKED
    assert order(Queue(elsewhere)) == [gone.name]
    shutil.move(elsewhere / "film", queue.workspace / "renamed")
    assert order(queue) == [gone.name, stays_here.name]
    assert standing(stays_here)[0] is Standing.AFTER


def test_a_project_from_another_machine_starts_nothing_by_itself(
    project: Project, queue: Queue
) -> None:
    folder = put(project)
    entries.write(folder, msgspec.structs.replace(entry_of(folder), host="elsewhere"))
    assert standing(folder)[0] is Standing.HELD
    assert "queued on elsewhere" in standing(folder)[1]
    with queue.locked():
        assert not stays(advance(queue))
    queue.retry(folder)
    assert standing(folder)[0] is Standing.READY


@pytest.mark.parametrize("failing", [1, 2, 3, 4])  # file and folder of the place, of the request
def test_a_full_disk_queues_nothing(
    project: Project, queue: Queue, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    put(project)
    real, syncs = os.fsync, iter(range(1, 9))

    def full(fd: int) -> None:
        if next(syncs) == failing:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(fd)

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(NoSpace, match="No space left"):
        put(project)
    assert len(order(queue)) == 1
    assert len(list((project.path / "jobs").iterdir())) == 1


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


def test_rests_grow_to_an_hour() -> None:
    assert [again.rest_s(n) for n in (1, 2, 3, 6, 7, 99)] == [60, 120, 240, 1920, 3600, 3600]


def fail(folder: JobFolder, code: Exit = Exit.NO_SPACE, state: State = State.FAILED) -> None:
    folder.lock_path.touch()
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


def test_a_model_that_was_begun_anew_is_not_thrown_away_again(
    project: Project, queue: Queue
) -> None:
    job = Job(1, "train", [Step("train", None, {"anew": True, "batch": 4})])
    folder = queue.add(project.path, job)
    fail(folder)
    with queue.locked():
        advance(queue)
    (waiting,) = queue.waiting()
    assert waiting.job is not None
    assert waiting.job.steps[0].settings == {"batch": 4}


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
    first = put(project)
    put(project, "convert", after=[first.name])
    assert fstui("queue", "list", "--json") == 0
    answer = msgspec.json.decode(capsys.readouterr().out, type=QueueAnswer)
    assert [row.standing for row in answer.waiting] == ["ready", "after"]
    assert answer.waiting[1].after == [first.name]
    assert not answer.stands_still
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
    for words in (["hold", "9"], ["cancel", "nobody"], ["move", "1"], ["move", "1", "middle"]):
        assert fstui("queue", *words) in (Exit.BAD_INPUT, Exit.USAGE), words
        assert len(capsys.readouterr().err.splitlines()) == 1
    for words in (["hold", "1"], ["run"], ["cancel", "1"]):
        assert fstui("--readonly", "queue", *words) == Exit.REFUSED


def test_waiting_for_what_waits_for_the_user_ends(
    project: Project, queue: Queue, unkept: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = put(project)
    queue.change(folder, held="you hold it")
    assert fstui("wait", "film") == Exit.STOPPED
    assert "stays in the queue (held): you hold it" in capsys.readouterr().err
    queue.cancel(folder)
    assert fstui("wait", "film") == Exit.STOPPED


def test_nobody_can_attach_to_what_has_not_begun(
    project: Project, unkept: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    put(project)
    assert fstui("attach", "film") == Exit.NOTHING_TO_DO
    assert "waits in the queue: 'fstui queue list' says for what" in capsys.readouterr().err
    assert fstui("stop", "film") == Exit.NOTHING_TO_DO
    assert fstui("tail", "film") == 0
    assert fstui("logs", "film") == 0


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
