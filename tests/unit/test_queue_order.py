"""What stands in the queue, in which order, and what each job waits for."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from queue_tools import entry_of, order, put, standing
from test_jobs import ended

from engine.devices import Gpu
from engine.errors import BadInput, NoSpace, NothingToDo
from engine.locks import holder_text
from engine.process import FileLock, device_lock_folder
from engine.project import Project
from engine.protocol import Job, JobFolder, Snapshot, State, Step
from engine.queue import entry as entries
from engine.queue.keeper import advance, stays
from engine.queue.queue import Item, Queue
from engine.queue.tries import Tries
from engine.queue.turn import Look, Standing
from engine.settings.user import UserSettings


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    return Project.create(tmp_workspace, "film")


@pytest.fixture
def queue(tmp_workspace: Path) -> Queue:
    return Queue(tmp_workspace)


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


def test_a_move_keeps_a_priority_that_fits(project: Project, queue: Queue) -> None:
    first, second, third = (put(project, priority=5) for _ in range(3))
    queue.move(third, 1)
    assert order(queue) == [third.name, first.name, second.name]
    assert [entry_of(f).priority for f in (first, second, third)] == [5, 5, 5]
    top = put(project, priority=9)
    queue.move(top, 1)
    assert entry_of(top).priority == 9
    with pytest.raises(BadInput, match="no place 0"):
        queue.move(top, 0)


@hypothesis_settings(deadline=None, max_examples=40)  # each makes files
@given(st.lists(st.integers(-2, 2), min_size=1, max_size=6), st.data())
def test_a_move_ends_at_its_place_and_leaves_the_others_as_they_were(
    priorities: list[int], data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as workspace:
        project = Project.create(Path(workspace), "film")
        queue = Queue(Path(workspace))
        for priority in priorities:
            put(project, priority=priority)
        names = order(queue)
        moved = data.draw(st.integers(0, len(names) - 1))
        place = data.draw(st.integers(1, len(names)))
        queue.move(queue.find(names[moved]), place)
        names.insert(place - 1, names.pop(moved))
        assert order(queue) == names


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


@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize(("end", "found"), [(0, Standing.READY), (3, Standing.BLOCKED)])
def test_what_was_gone_on_with_by_hand_counts_as_the_job_before(
    project: Project, end: int, found: Standing, twice: bool
) -> None:
    stopped = ended(project, "train", State.STOPPED)
    second = put(project, "convert", after=[stopped.name])
    assert standing(second)[0] is Standing.BLOCKED
    if twice:
        request = Job(1, "train", [Step("train")], resumes=stopped.name)
        stopped = JobFolder.create(project.path, request)
        stopped.write_snapshot(Snapshot(state=State.STOPPED, exit=9))
    by_hand = JobFolder.create(project.path, Job(1, "train", [Step("train")], resumes=stopped.name))
    by_hand.append("start", pid=1, host="box", version="0", kind="train")
    state = State.FAILED if end else State.DONE
    by_hand.append("end", state=state, exit=end, message="")
    by_hand.write_snapshot(Snapshot(state=state, exit=end))
    assert standing(second)[0] is found


def test_a_passing_trouble_is_looked_at_again(
    project: Project, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put(project)

    def away(*_: object) -> str:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("engine.queue.turn.disk.no_room", away)
    found, why = standing(folder)
    assert found is Standing.TROUBLE
    assert "Input/output error" in why
    look = Look(queue, UserSettings(spare_gb=0.0))
    assert stays(look.turns())
    monkeypatch.undo()
    assert standing(folder)[0] is Standing.READY


def test_a_job_whose_later_try_was_removed_blocks_what_comes_after(
    project: Project, queue: Queue
) -> None:
    first = put(project)
    second = put(project, "convert", after=[first.name])
    first.lock_path.write_text("{}")
    first.write_snapshot(Snapshot(state=State.CRASHED, exit=12))
    assert standing(second)[0] is Standing.AFTER, "it comes again"
    entries.write(first, msgspec.structs.replace(entry_of(first), settled=True))
    assert standing(second)[0] is Standing.BLOCKED


def test_a_request_changes_only_while_its_job_waits(project: Project, queue: Queue) -> None:
    folder, other = put(project), put(project)
    request = Job(1, "train", [Step("extract", "a"), Step("train")])
    queue.replace(folder, request, needs_bytes=7)
    assert (folder.job(), entry_of(folder).needs_bytes) == (request, 7)
    assert order(queue) == [folder.name, other.name]
    lock = FileLock(folder.lock_path)
    assert lock.acquire(holder_text(folder.name))
    with pytest.raises(NothingToDo):
        queue.replace(folder, Job(1, "train", [Step("train")]))
    assert folder.job() == request
    lock.release()
    queue.cancel(other)
    with pytest.raises(NothingToDo):
        queue.replace(other, request)


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


def test_all_that_wait_are_held_though_one_begins_meanwhile_and_one_is_damaged(
    project: Project, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins, damaged, waits, last = (put(project, priority=4 - n) for n in range(4))
    (damaged.path / "queue.json").write_text("{torn")
    waiting = queue.waiting

    def and_one_begins() -> list[Item]:
        found = waiting()
        begins.lock_path.write_text("")
        return found

    monkeypatch.setattr(queue, "waiting", and_one_begins)
    assert queue.change_all(lambda entry: not entry.held, held="after this") == 2
    assert [entry_of(f).held for f in (begins, waits, last)] == ["", "after this", "after this"]


def test_a_job_moves_by_places_among_those_that_can_be_moved(
    project: Project, queue: Queue
) -> None:
    a, damaged, b, c = (put(project) for _ in range(4))
    (damaged.path / "queue.json").write_text("{torn")
    queue.move_by(c, -1)
    assert [n for n in order(queue) if n != damaged.name] == [a.name, c.name, b.name]
    queue.move_by(c, -5)
    assert [n for n in order(queue) if n != damaged.name] == [c.name, a.name, b.name]
    queue.move_by(c, 1)
    queue.move_by(c, 9)
    assert [n for n in order(queue) if n != damaged.name] == [a.name, b.name, c.name]
    queue.cancel(a)
    with pytest.raises(NothingToDo, match="doesn't wait"):
        queue.move_by(a, 1)


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


def test_a_project_that_was_copied_starts_nothing_by_itself(project: Project, queue: Queue) -> None:
    folder = put(project)
    copied = queue.workspace / "copied"
    shutil.copytree(project.path, copied)
    copy = JobFolder(copied / "jobs" / folder.name)
    look = Look(queue, UserSettings(spare_gb=0.0, at_once=9))
    standings = {t.item.folder.path: t for t in look.turns()}
    assert standings[folder.path].standing is Standing.READY
    assert standings[copy.path].standing is Standing.HELD
    assert f"queued in {project.path}, of which this project is a copy" in standings[copy.path].why
    for items in (look.items, look.items[::-1]):
        last = Tries(queue, items).last(folder.name)
        assert last is not None
        assert last.path == folder.path
    queue.retry(copy)
    assert queue.item(copy).is_ours
    assert queue.item(folder).is_ours


def test_a_copy_whose_original_is_gone_was_moved(project: Project, queue: Queue) -> None:
    folder = put(project)
    moved = shutil.copytree(project.path, queue.workspace / "moved")
    assert not queue.item(JobFolder(moved / "jobs" / folder.name)).is_ours
    shutil.rmtree(project.path)
    assert standing(JobFolder(moved / "jobs" / folder.name))[0] is Standing.READY


def test_a_folder_that_may_not_be_written_holds_up_nobody(
    project: Project, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, mine = put(project), put(Project.create(queue.workspace, "other"))
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != theirs.path)
    assert standing(theirs) == (Standing.HELD, f"you may not write in {theirs.path}")
    assert standing(mine)[0] is Standing.READY


def test_a_project_on_a_disk_of_its_own_needs_room_there(
    project: Project, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    away, here = put(project), put(Project.create(queue.workspace, "other"))
    real = shutil.disk_usage
    full = SimpleNamespace(free=0)
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: full if Path(path) == project.path else real(path)
    )
    assert standing(away, UserSettings(spare_gb=0.001))[0] is Standing.DISK
    assert standing(here, UserSettings(spare_gb=0.001))[0] is Standing.READY


@pytest.mark.parametrize("failing", [1, 2, 3, 4, 5])  # place, request: file, folder; jobs/
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
