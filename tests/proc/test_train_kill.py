"""A real training that is killed: nothing before the last checkpoint is lost, and it goes on."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from proc_tools import Terminal, fstui, is_gone, iteration, step_pid, until

from engine import history
from engine.project import Project
from engine.protocol import JobFolder, State, find_job, jobs_of
from fstui.model import jobs

sys.path.append(str(Path(__file__).parents[1] / "engine"))
from train_project import add_faces

SAVE_EVERY = 10
SETTINGS = ("--model", "quick", "--batch", "2", "--save-every", str(SAVE_EVERY))


@pytest.fixture
def trained(project: Project) -> Project:
    for side in ("a", "b"):
        add_faces(project, side, 30)
    return project


def newest(project: Project) -> JobFolder:
    folder = find_job(project.path)
    assert folder is not None
    return folder


def went_on(folder: JobFolder, beyond: int) -> int:
    """Wait until a training is beyond an iteration; the first one that it reported."""
    until(lambda: iteration(folder) > beyond or not folder.alive(), f"iteration {beyond}")
    assert folder.alive(), folder.current().message
    return next(e.data["iteration"] for e in folder.events()[0] if e.k == "metric")


def test_kill_nine_of_the_supervisor_and_train_goes_on(trained: Project) -> None:
    assert fstui("train", "film", *SETTINGS, "--detach").returncode == 0
    first = newest(trained)
    went_on(first, 2 * SAVE_EVERY)
    until(lambda: jobs.checkpoint_iteration(trained.path), "a checkpoint")
    step, holder = step_pid(first), first.holder()
    assert holder is not None
    os.kill(holder.pid, signal.SIGKILL)
    until(lambda: is_gone(step), "the step died with its supervisor")

    now = first.current()
    assert now.state is State.INTERRUPTED
    assert f"interrupted at iteration {now.iteration}" in fstui("status", "film").stdout
    reached, saved = iteration(first), jobs.checkpoint_iteration(trained.path)
    assert saved is not None
    # The set at the last save may still have been on its way to the disk.
    assert reached - 2 * SAVE_EVERY <= saved <= reached + SAVE_EVERY

    # The second start needs no settings: it goes on with those of the job that was killed.
    assert fstui("train", "film", "--detach").returncode == 0
    second = newest(trained)
    assert second.job().resumes == first.name
    assert second.job().steps == first.job().steps
    assert fstui("train", "film").returncode == 6
    assert went_on(second, saved) > saved

    assert fstui("stop", "film").returncode == 0
    end = second.current()
    assert end.state is State.STOPPED
    assert end.saved_iteration == jobs.checkpoint_iteration(trained.path)
    iterations = [p.iteration for p in history.read_range(trained.path / "model" / "history")]
    assert iterations == sorted(set(iterations)), "the history runs on without a fold"


def test_iterations_go_on_without_the_terminal(trained: Project) -> None:
    terminal = Terminal("train", "film", *SETTINGS)
    terminal.read_until(b"loss")
    folder = jobs_of(trained.path)[0]
    reached = iteration(folder)
    terminal.hang_up()
    assert terminal.wait() == -signal.SIGHUP
    went_on(folder, reached + SAVE_EVERY)
    assert fstui("stop", "film").returncode == 0
    assert folder.current().state is State.STOPPED
