"""Signals and deaths of supervisor and step at work: nothing is lost, and the state is true."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from proc_tools import FakeEngine, is_gone, iteration, step_pid, until

from engine.errors import AlreadyRunning
from engine.launch import engine_command, engine_environment
from engine.locks import holder_text, refuse_if_running
from engine.process import is_locked
from engine.project import Project
from engine.protocol import ENDS, JobFolder, State
from engine.supervise import BY_SIGNAL
from fstui.model import jobs


def ended(folder: JobFolder) -> State:
    """Wait for the end; the state."""
    until(lambda: not folder.alive(), "the job ended")
    return folder.current().state


def saved(project: Project) -> int:
    return int((project.path / "model" / "checkpoint").read_text())


def at_work(fake: FakeEngine, project: Project) -> JobFolder:
    """A training that has saved once."""
    folder = fake.start(project)
    until(lambda: iteration(folder) >= 15, "the training got going")
    return folder


def test_kill_of_the_supervisor_takes_the_step_and_reads_interrupted(
    fake: FakeEngine, project: Project
) -> None:
    folder = at_work(fake, project)
    until(lambda: folder.snapshot().iteration, "a snapshot with an iteration")
    step, holder = step_pid(folder), folder.holder()
    assert holder is not None
    os.kill(holder.pid, signal.SIGKILL)
    until(lambda: is_gone(step), "the step died with its supervisor")

    now = folder.current()
    assert now.state is State.INTERRUPTED
    assert f"interrupted at iteration {now.iteration}" in now.message
    assert now.iteration is not None
    assert 0 < now.iteration <= iteration(folder)
    assert jobs.resumable(project, "train") is not None

    # The next one goes on within one save interval (ten iterations here).
    last = iteration(folder)
    again = fake.start(project)
    first = until(lambda: iteration(again), "the next training reported")
    assert last - 15 <= saved(project)
    assert first >= saved(project) - 10
    assert first > last - 15


def test_kill_of_the_step_reads_crashed_with_its_signal(fake: FakeEngine, project: Project) -> None:
    folder = at_work(fake, project)
    os.kill(step_pid(folder), signal.SIGKILL)
    assert ended(folder) is State.CRASHED
    now = folder.current()
    assert now.exit == 12
    assert "signal 9" in now.message
    assert not is_locked(project.path / "locks" / "model")
    refuse_if_running(project.path, folder.job())
    assert jobs.can_resume(folder)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_to_the_supervisor_saves_and_reads_interrupted(
    fake: FakeEngine, project: Project, number: signal.Signals
) -> None:
    folder = at_work(fake, project)
    holder = folder.holder()
    assert holder is not None
    os.kill(holder.pid, number)
    check_saved(folder, project, State.INTERRUPTED)
    assert jobs.can_resume(folder)


def test_a_signal_to_the_step_saves_and_reads_interrupted(
    fake: FakeEngine, project: Project
) -> None:
    folder = at_work(fake, project)
    os.kill(step_pid(folder), signal.SIGHUP)
    check_saved(folder, project, State.INTERRUPTED)


def test_a_stop_of_the_users_stays_one_where_a_signal_follows(
    fake: FakeEngine, project: Project
) -> None:
    folder = at_work(fake, project)
    jobs.stop(folder)
    jobs.press(folder)
    check_saved(folder, project, State.STOPPED)


def test_a_command_file_saves_stops_and_is_acknowledged(fake: FakeEngine, project: Project) -> None:
    folder = at_work(fake, project)
    command = folder.send("stop")
    check_saved(folder, project, State.STOPPED)
    acks = [e.data for e in folder.events()[0] if e.k == "ack"]
    assert acks == [{"verb": "stop", "id": command, "known": True}]


def check_saved(folder: JobFolder, project: Project, state: State) -> None:
    assert ended(folder) is state
    now = folder.current()
    assert now.exit == 9
    # Saved at the very iteration that it ended with, not at the last interval.
    assert now.saved_iteration == saved(project)
    by_signal = f" {BY_SIGNAL}" if state is State.INTERRUPTED else ""
    assert now.message == f"stopped at iteration {saved(project)}{by_signal}"
    assert not (folder.path / "reserve").exists()


def test_pause_and_resume(fake: FakeEngine, project: Project) -> None:
    folder = at_work(fake, project)
    folder.send("pause")
    until(lambda: folder.current().state is State.PAUSED, "paused")
    resting = iteration(folder)
    folder.send("resume")
    until(lambda: folder.current().state is State.RUNNING, "running again")
    until(lambda: iteration(folder) > resting, "iterations went on")
    folder.send("pause")
    until(lambda: folder.current().state is State.PAUSED, "paused again")
    folder.send("stop")
    assert ended(folder) is State.STOPPED


def test_unknown_commands_are_said_to_be_unknown(fake: FakeEngine, project: Project) -> None:
    folder = at_work(fake, project)
    folder.send("dance")
    until(lambda: any(e.k == "ack" for e in folder.events()[0]), "an answer")
    (ack,) = [e.data for e in folder.events()[0] if e.k == "ack"]
    assert (ack["verb"], ack["known"]) == ("dance", False)


def test_the_end_has_every_step_of_the_last_stage(fake: FakeEngine, project: Project) -> None:
    done, train = {"play": "done"}, {"iterations": 12}
    folder = fake.start(project, done, train)
    assert ended(folder) is State.DONE
    assert folder.current().message == "all done; trained 12 iterations"


def test_a_stop_holds_for_the_steps_that_have_not_begun(fake: FakeEngine, project: Project) -> None:
    folder = fake.start(project, {"play": "done"}, {}, {"play": "bug"})
    until(lambda: iteration(folder) > 0, "the second step got going")
    folder.send("stop")
    assert ended(folder) is State.STOPPED
    assert [e.data["index"] for e in folder.events()[0] if e.k == "step"] == [0, 1]


def test_kill_at_the_users_word_ends_a_deaf_step_and_is_recorded(
    fake: FakeEngine, project: Project
) -> None:
    folder = fake.start(project, {"play": "deaf"})
    until(lambda: iteration(folder), "the step got going")
    step = step_pid(folder)
    jobs.stop(folder)
    jobs.kill(folder)
    assert is_gone(step)
    now = folder.current()
    assert now.state is State.STOPPED
    assert "killed as you asked" in now.message


def test_kill_reaches_a_supervisor_that_does_not_answer(fake: FakeEngine, project: Project) -> None:
    folder = at_work(fake, project)
    step, holder = step_pid(folder), folder.holder()
    assert holder is not None
    os.kill(holder.pid, signal.SIGSTOP)
    jobs.kill(folder, patience_s=0.3)
    until(lambda: is_gone(step), "the step died too")
    assert folder.current().state is State.INTERRUPTED


@pytest.mark.parametrize(
    ("play", "state", "code", "words"),
    [
        ("done", State.DONE, 0, "all done"),
        ("refuse", State.REFUSED, 5, "consent is missing"),
        ("nothing", State.FAILED, 4, "no [31mfaces"),
        ("bug", State.FAILED, 70, "KeyError"),
        ("memory", State.FAILED, 8, "smaller batch"),
        ("no-space", State.FAILED, 7, "No space left"),
        ("abort", State.CRASHED, 12, "signal 6 (SIGABRT)"),
        ("exit", State.CRASHED, 12, "exit code 1"),
    ],
)
def test_every_end_of_a_step_has_its_state_code_and_sentence(
    fake: FakeEngine, project: Project, play: str, state: State, code: int, words: str
) -> None:
    folder = fake.start(project, {"play": play})
    assert ended(folder) is state
    now = folder.current()
    assert now.exit == code
    assert words in now.message
    assert now.message.isprintable()
    assert fake.children[0].wait() == code
    end = folder.end_event()
    assert end is not None
    assert end.data["exit"] == code


def test_of_two_starts_at_once_exactly_one_runs(fake: FakeEngine, project: Project) -> None:
    folders = [fake.make(project) for _ in range(2)]
    for folder in folders:
        fake.run(folder)
    until(lambda: any(f.current().state in ENDS for f in folders), "one of them was refused")
    (refused,) = [f for f in folders if f.current().state in ENDS]
    (running,) = [f for f in folders if f is not refused]
    until(lambda: iteration(running), "the other one works")
    now = refused.current()
    assert now.exit == 6
    holder = running.holder()
    assert holder is not None
    assert f"pid {holder.pid} on {holder.host} since " in now.message
    assert running.name in now.message
    with pytest.raises(AlreadyRunning, match=f"pid {holder.pid} "):
        refuse_if_running(project.path, running.job())


def test_a_step_inherits_no_lock(fake: FakeEngine, project: Project) -> None:
    folder = at_work(fake, project)
    descriptors = Path(f"/proc/{step_pid(folder)}/fd")
    targets = [os.readlink(fd) for fd in descriptors.iterdir() if fd.exists()]
    assert not [t for t in targets if "/locks/" in t or t.endswith("/lock")]


def test_a_step_whose_supervisor_is_gone_does_not_begin(fake: FakeEngine, project: Project) -> None:
    folder = fake.make(project)
    done = subprocess.run(
        engine_command("step", str(folder.path), "0", "1"), env=engine_environment(), check=False
    )
    assert done.returncode == 1
    assert folder.events() == ([], 0)


def test_a_machine_that_was_cut_off(fake: FakeEngine, project: Project) -> None:
    folder = at_work(fake, project)
    holder = folder.holder()
    assert holder is not None
    for pid in (holder.pid, step_pid(folder)):
        os.kill(pid, signal.SIGKILL)
    until(lambda: not folder.alive(), "the lock is free")
    # Power went: half an event, and a lock file that names a process of another boot.
    with open(folder.events_path, "ab") as file:
        file.write(b'{"t":1,"k":"met')
    folder.lock_path.write_text(holder_text().replace('"pid":', '"pid":1'))
    assert folder.current().state is State.INTERRUPTED
    assert jobs.resumable(project, "train") is not None
    again = fake.start(project)
    until(lambda: iteration(again) > saved(project) - 10, "it went on")


def test_jobs_queue_for_a_device_and_can_be_stopped_while_they_wait(
    fake: FakeEngine, project: Project, tmp_workspace: Path
) -> None:
    device = f"test-{os.getpid()}-{tmp_workspace.parent.name}"
    first = fake.start(project, device=device)
    until(lambda: first.current().device == "a fake GPU", "the first one has the device")
    other = Project.create(tmp_workspace, "other")
    waiting = fake.start(other, device=device)
    until(lambda: waiting.current().state is State.WAITING, "the second one waits")
    third = fake.start(Project.create(tmp_workspace, "third"), device=device)
    until(lambda: third.current().state is State.WAITING, "the third one waits")
    third.send("stop")
    assert ended(third) is State.STOPPED
    first.send("stop")
    assert ended(first) is State.STOPPED
    until(lambda: iteration(waiting), "the second one has the device now")


def test_a_supervisor_loads_nothing_heavy() -> None:
    code = "import sys, engine.supervise; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env=engine_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"numpy", "tensorflow", "cv2", "av", "textual", "watchdog", "tomlkit"}
