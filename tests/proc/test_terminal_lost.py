"""A job and the terminal that started it: Ctrl-C saves and stops, a lost terminal stops nothing."""

from __future__ import annotations

import os
import signal

from proc_tools import FakeEngine, Terminal, fstui, is_gone, iteration, picture, step_pid, until

from engine.project import Project
from engine.protocol import JobFolder, State, find_job


def watching(project: Project) -> tuple[Terminal, JobFolder]:
    """`watch` in a terminal of its own, at work."""
    terminal = Terminal("watch", "film", "--settle-s", "0.5")
    terminal.read_until(b"watching")
    folder = find_job(project.path)
    assert folder is not None
    return terminal, folder


def check_at_work(project: Project, folder: JobFolder) -> None:
    assert folder.alive()
    picture(project.path / "media" / "a" / "new.png")
    until(
        lambda: any(e.data.get("state") == "ready" for e in folder.events()[0]),
        "the job took a new file in",
    )


def test_a_hung_up_terminal_stops_nothing(project: Project) -> None:
    terminal, folder = watching(project)
    terminal.hang_up()
    assert terminal.wait() == -signal.SIGHUP
    check_at_work(project, folder)


def test_a_killed_command_stops_nothing(project: Project) -> None:
    terminal, folder = watching(project)
    os.kill(terminal.pid, signal.SIGKILL)
    assert terminal.wait() == -signal.SIGKILL
    check_at_work(project, folder)


def test_ctrl_c_stops_the_job_and_ends_with_its_code(project: Project) -> None:
    terminal, folder = watching(project)
    terminal.type(b"\x03")
    assert terminal.wait() == 9
    assert folder.current().state is State.STOPPED
    assert b"Stopping: it saves first" in terminal.said
    assert b"Traceback" not in terminal.said


def test_a_second_ctrl_c_leaves_the_job_to_stop_by_itself(project: Project) -> None:
    terminal, folder = watching(project)
    holder = folder.holder()
    assert holder is not None
    frozen = (step_pid(folder), holder.pid)
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    terminal.type(b"\x03")
    terminal.read_until(b"Stopping")
    terminal.type(b"\x03")
    assert terminal.wait() == 9
    assert b"Left " in terminal.said
    assert folder.alive()
    for pid in frozen:
        os.kill(pid, signal.SIGCONT)
    until(lambda: not folder.alive(), "it stopped by itself")
    assert folder.current().state is State.STOPPED


def test_attach_follows_to_the_end_with_the_jobs_code(fake: FakeEngine, project: Project) -> None:
    folder = fake.start(project, {"iterations": 300})
    terminal = Terminal("attach", "film")
    terminal.read_until(b"loss")
    folder.send("stop")
    assert terminal.wait() == 9
    assert b"stopped at iteration" in terminal.said
    after = fstui("attach", "film")
    assert after.returncode == 9
    assert "stopped at iteration" in after.stderr


def test_attached_without_a_terminal_it_prints_few_plain_lines(
    fake: FakeEngine, project: Project
) -> None:
    fake.start(project, {"iterations": 150})
    done = fstui("attach", "film")
    assert done.returncode == 0
    assert "trained 150 iterations" in done.stdout
    assert "\x1b" not in done.stdout
    assert len([x for x in done.stdout.splitlines() if "loss" in x]) <= 2


def test_stop_waits_for_the_saving(fake: FakeEngine, project: Project) -> None:
    folder = fake.start(project)
    until(lambda: iteration(folder) > 10, "the training got going")
    done = fstui("stop", "film")
    assert done.returncode == 0
    assert not folder.alive()
    assert "stopped at iteration" in done.stdout
    assert fstui("stop", "film").returncode == 4


def test_stop_kill_ends_a_deaf_step(fake: FakeEngine, project: Project) -> None:
    folder = fake.start(project, {"play": "deaf"})
    until(lambda: iteration(folder), "the step got going")
    step = step_pid(folder)
    assert fstui("stop", "film", "--kill").returncode == 0
    assert is_gone(step)


def test_tail_follows_until_the_end(fake: FakeEngine, project: Project) -> None:
    fake.start(project, {"iterations": 100})
    done = fstui("tail", "film", "--follow")
    assert done.returncode == 0
    assert "done: trained 100 iterations" in done.stdout.splitlines()[-1]
    assert "saved at iteration 100" in done.stdout
