"""The queue with real processes: whatever is killed, each job begins once and none is lost."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from proc_tools import FakeEngine, fstui, is_gone, iteration, until

from engine.process import is_locked
from engine.project import Project
from engine.protocol import ENDS, Job, JobFolder, State, Step, jobs_of
from engine.queue import entry as entries
from engine.queue.queue import Queue
from fstui import settings

DONE = {"play": "done"}
KILLED = 137
MANY = 200
"""More acts than a keeper makes in these tests."""


def queued(project: Project, plan: dict[str, Any], **more: Any) -> JobFolder:
    """A job of the fake engine in the queue."""
    queue = Queue(project.path.parent)
    return queue.add(project.path, Job(1, "train", [Step("train", None, plan)]), **more)


def kept_to_its_end(fake: FakeEngine, workspace: Path) -> None:
    """Let a keeper, this one or another, bring the queue to its end."""
    fake.keep(workspace).wait(60)
    queue = Queue(workspace)
    until(
        lambda: not is_locked(queue.keeper_lock) and not any(f.alive() for f in queue.jobs()),
        "everything ended",
    )


def starts(folder: JobFolder) -> int:
    return sum(event.k == "start" for event in folder.events()[0])


def test_jobs_run_in_order_one_after_the_other(fake: FakeEngine, project: Project) -> None:
    first = queued(project, DONE)
    second = queued(project, DONE)
    urgent = queued(project, DONE, priority=1)
    kept_to_its_end(fake, project.path.parent)
    began = {f.name: f.events()[0][0].t for f in jobs_of(project.path)}
    assert sorted(began, key=lambda name: began[name]) == [urgent.name, first.name, second.name]
    assert {f.current().state for f in jobs_of(project.path)} == {State.DONE}


def test_a_job_that_waits_begins_when_the_one_before_ends(
    fake: FakeEngine, project: Project
) -> None:
    running = fake.start(project)
    until(lambda: iteration(running), "the plain one works")
    waiting = queued(project, DONE)
    keeper = fake.keep(project.path.parent)
    until(lambda: is_locked(Queue(project.path.parent).keeper_lock), "the queue is kept")
    assert waiting.current().state is State.QUEUED
    running.send("stop")
    until(lambda: waiting.current().state is State.DONE, "it had its turn")
    assert keeper.wait(60) == 0


def test_what_depends_on_another_job_waits_for_its_last_try(
    fake: FakeEngine, project: Project, tmp_workspace: Path
) -> None:
    other = Project.create(tmp_workspace, "other")
    first = queued(project, {"play": "memory"})
    after_failure = queued(other, DONE, after=[first.name])
    good = queued(project, DONE)
    after_done = queued(other, DONE, after=[good.name])
    kept_to_its_end(fake, tmp_workspace)
    assert after_done.current().state is State.DONE
    assert after_failure.current().state is State.QUEUED  # it waits for the user now
    tries = [f for f in jobs_of(project.path) if f.name != good.name]
    assert [f.current().exit for f in tries] == [8, 8]  # out of memory: once more, not for ever


@pytest.mark.parametrize(("play", "tries"), [("refuse", 1), ("nothing", 1), ("bug", 1)])
def test_what_cannot_succeed_is_not_tried_again(
    fake: FakeEngine, project: Project, play: str, tries: int
) -> None:
    queued(project, {"play": play})
    kept_to_its_end(fake, project.path.parent)
    assert len(jobs_of(project.path)) == tries


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_job_that_a_signal_ended_is_gone_on_from(
    fake: FakeEngine, project: Project, number: signal.Signals
) -> None:
    folder = queued(project, {"iterations": 60})
    keeper = fake.keep(project.path.parent)
    until(lambda: iteration(folder) > 10, "it works")
    holder = folder.holder()
    assert holder is not None
    os.kill(holder.pid, number)
    assert keeper.wait(60) == 0
    (second, first) = jobs_of(project.path)
    assert first.current().state is State.INTERRUPTED
    assert second.current().state is State.DONE
    assert second.job().resumes == first.name


def test_a_job_that_the_user_stopped_is_left_alone(fake: FakeEngine, project: Project) -> None:
    folder = queued(project, {})
    keeper = fake.keep(project.path.parent)
    until(lambda: iteration(folder) > 10, "it works")
    folder.send("stop")
    assert keeper.wait(60) == 0
    assert folder.current().state is State.STOPPED
    assert len(jobs_of(project.path)) == 1


def test_two_keepers_start_nothing_twice(fake: FakeEngine, project: Project) -> None:
    folders = [queued(project, DONE) for _ in range(3)]
    keepers = [fake.keep(project.path.parent) for _ in range(3)]
    assert [keeper.wait(60) for keeper in keepers] == [0, 0, 0]
    until(lambda: all(f.current().state is State.DONE for f in folders), "all were done")
    assert [starts(f) for f in folders] == [1, 1, 1]
    assert len(jobs_of(project.path)) == 3


def test_a_job_runs_once_whoever_starts_it_again(fake: FakeEngine, project: Project) -> None:
    folder = queued(project, DONE)
    assert fake.run(folder).wait(60) == 0
    assert fake.run(folder).wait(60) == 6
    assert starts(folder) == 1
    assert folder.current().state is State.DONE


def killed_at(fake: FakeEngine, project: Project, point: str) -> bool:
    """One run that is killed at a point and gone on with; whether the point was reached."""
    first = queued(project, DONE)
    failing = queued(project, {"play": "memory"})
    last = queued(project, DONE, after=[first.name])
    code = fake.keep(project.path.parent, die_at=point).wait(60)
    kept_to_its_end(fake, project.path.parent)
    found = jobs_of(project.path)
    assert {f.name for f in found} > {first.name, failing.name, last.name}
    assert len(found) == 4, point  # the failing one twice
    assert [starts(f) for f in found] == [1, 1, 1, 1], point
    assert all(f.current().state in ENDS for f in found), point
    assert [f.current().state for f in (first, last)] == [State.DONE, State.DONE], point
    return code == KILLED


@pytest.mark.parametrize("act", [3, 5, 12, 13, 14])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_keeper_that_is_killed_loses_nothing(
    fake: FakeEngine, project: Project, act: int, when: str
) -> None:
    assert killed_at(fake, project, f"{act} {when}")


@pytest.mark.all
@pytest.mark.timeout(1800)
def test_a_keeper_that_is_killed_anywhere_loses_nothing(
    fake: FakeEngine, tmp_workspace: Path
) -> None:
    for act in range(1, MANY):
        reached = False
        for when in ("before", "after"):
            workspace = tmp_workspace / f"{act}-{when}"
            reached |= killed_at(fake, Project.create(workspace, "film"), f"{act} {when}")
        if not reached:
            assert act > 10
            return
    pytest.fail("the keeper never came to its end")


def test_nothing_begins_after_a_restart_before_the_user_says_so(
    fake: FakeEngine, project: Project
) -> None:
    folder = queued(project, DONE)
    queue = Queue(project.path.parent)
    queue.boot_path.write_text("another boot")
    assert fake.keep(project.path.parent).wait(60) == 0
    assert folder.current().state is State.QUEUED
    shown = fstui("queue", "list")
    assert "still: the machine was started since: 'fstui queue run'" in shown.stdout
    with queue.locked():
        queue.go_on()
    kept_to_its_end(fake, project.path.parent)
    assert folder.current().state is State.DONE


def test_a_cancelled_job_never_begins(fake: FakeEngine, project: Project) -> None:
    folder = queued(project, DONE)
    Queue(project.path.parent).cancel(folder)
    assert fake.run(folder).wait(60) == 6
    kept_to_its_end(fake, project.path.parent)
    now = folder.current()
    assert (now.state, now.exit, starts(folder)) == (State.STOPPED, 9, 0)
    assert len(jobs_of(project.path)) == 1


def test_a_job_that_is_cancelled_as_it_begins_ends_at_once(
    fake: FakeEngine, project: Project
) -> None:
    folder = queued(project, {})
    entry = entries.read(folder)
    assert entry is not None
    marked = entries.encode(entry).replace(b'"cancelled": false', b'"cancelled": true')
    (folder.path / "queue.json").write_bytes(marked)
    assert fake.run(folder).wait(60) == 9
    assert folder.current().state is State.STOPPED
    assert not [e for e in folder.events()[0] if e.k == "step"]


def test_of_the_queue_a_faster_job_is_waited_for(fake: FakeEngine, project: Project) -> None:
    running = fake.start(project)
    late = queued(project, DONE)
    fake.run(late)  # as if the lock had been taken between the look and the start
    until(lambda: late.current().state is State.WAITING, "it waits for its project")
    running.send("stop")
    until(lambda: late.current().state is State.DONE, "it was done")


def test_waiting_for_a_job_gives_its_exit_code(fake: FakeEngine, project: Project) -> None:
    folder = queued(project, {"play": "refuse"})
    fake.keep(project.path.parent)
    lock = Queue(project.path.parent).keeper_lock
    until(  # or the command starts a keeper of its own, which starts the real engine
        lambda: is_locked(lock) or folder.current().state is State.REFUSED, "the keeper is there"
    )
    done = fstui("wait", "film")
    assert (done.returncode, "consent is missing" in done.stderr) == (5, True), done.stderr
    assert folder.current().state is State.REFUSED
    running = fake.start(project)
    before = time.monotonic()
    late = fstui("wait", "film", running.name, "--timeout", "0.5")
    assert late.returncode == 6
    assert "is running after 0.5 s" in late.stderr or "is starting after" in late.stderr
    assert time.monotonic() - before >= 0.5


# --- hooks ---


def with_hook(tmp_path: Path, event: str) -> Path:
    """A hook that leaves a letter in a file each time; the file."""
    count = tmp_path / "count"
    mark = "import sys; open(sys.argv[1], 'a').write('x')"
    settings.change(event, [sys.executable, "-c", mark, str(count)])
    return count


def test_a_supervisor_calls_the_users_hook(
    fake: FakeEngine, project: Project, tmp_path: Path
) -> None:
    count = with_hook(tmp_path, "on_done")
    fake.start(project, DONE)
    assert fake.children[0].wait(60) == 0
    assert count.read_text() == "x"


def test_a_killed_jobs_hook_is_called_by_whoever_looks_next(
    fake: FakeEngine, project: Project, tmp_path: Path
) -> None:
    count = with_hook(tmp_path, "on_failure")
    folder = fake.start(project)
    until(lambda: iteration(folder), "it works")
    holder = folder.holder()
    assert holder is not None
    os.kill(holder.pid, signal.SIGKILL)
    until(lambda: not folder.alive(), "it is dead")
    assert not count.exists()
    assert fstui("status").returncode == 0
    until(count.exists, "the hook was called")
    assert fstui("status").returncode == 0
    kept_to_its_end(fake, project.path.parent)
    assert count.read_text() == "x"
    assert [e.data["ok"] for e in folder.events()[0] if e.k == "hook"] == [True]


LINGERS = """
import pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
child.wait()
"""


def test_a_hook_that_takes_too_long_is_ended_with_its_children(
    fake: FakeEngine, project: Project, tmp_path: Path
) -> None:
    child = tmp_path / "child"
    settings.change("on_done", [sys.executable, "-c", LINGERS, str(child)])
    settings.change("hook_limit_s", 2.0)
    folder = fake.start(project, DONE)
    assert fake.children[0].wait(60) == 0
    (event,) = [e for e in folder.events()[0] if e.k == "hook"]
    assert "took longer than 2 s and was ended" in event.data["text"]
    until(lambda: is_gone(int(child.read_text())), "its child ended too")
