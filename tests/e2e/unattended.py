"""Footage cut from the samples, and waiting for what a watcher and its jobs come to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.errors import FstuiError
from engine.launch import engine_environment
from engine.locks import read_holder
from engine.process import is_locked, start_time
from engine.project import Project
from engine.protocol import JobFolder, jobs_of
from engine.queue.queue import queue_of
from engine.watch.ledger import Book, Ledger

PATIENCE_S = 120.0


def until(condition: Callable[[], Any], what: str) -> Any:
    """Wait for a condition to be true; fail saying what did not happen."""
    end = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < end, f"it did not happen: {what}"
        time.sleep(0.05)
    return value


def fstui(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, as a script does."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "fstui", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=200,
        env=engine_environment(),
        cwd=cwd,
        check=False,
    )


def cut(film: Path, out: Path, frames: str) -> Path:
    """A stretch of a film."""
    out.parent.mkdir(parents=True, exist_ok=True)
    done = fstui("media", "slice", str(film), str(out), "--frames", frames)
    assert done.returncode == 0, done.stderr
    return out


def book(project: Project) -> Book:
    """The book of arrivals."""
    return Ledger(project).book


def run_done(project: Project, recipe: str) -> None:
    """Wait until a recipe's newest run is done."""

    def ended() -> bool:
        runs = [run for run in book(project).runs if run.recipe == recipe]
        assert not runs or runs[-1].state != "failed", runs[-1].why
        return bool(runs) and runs[-1].state == "done"

    until(ended, f"the recipe {recipe} is done")


def kill_all(project: Project) -> set[str]:
    """What a power cut does: the queue's keeper and every supervisor, the watcher's too, die
    without a word, and their steps with them. What was killed: the keeper, and kinds of jobs."""
    killed = set()
    keeper = queue_of(project.path).keeper_lock
    if is_locked(keeper) and (kept := read_holder(keeper)):
        os.kill(kept.pid, signal.SIGKILL)
        until(lambda: not is_locked(keeper), "the keeper died")
        killed.add("keeper")
    for folder in jobs_of(project.path):
        holder = folder.holder()
        if not folder.alive() or holder is None:
            continue
        children = Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().split()
        steps = [(int(pid), start_time(int(pid))) for pid in children]
        os.kill(holder.pid, signal.SIGKILL)
        until(lambda folder=folder: not folder.alive(), "the supervisor died")
        for pid, began in steps:
            until(lambda pid=pid, began=began: start_time(pid) != began, "its step died")
        killed.add(folder.kind)
    return killed


def events(folder: JobFolder, kind: str) -> list[dict[str, Any]]:
    """The fields of a job's events of one kind."""
    return [event.data for event in folder.events()[0] if event.k == kind]


def newest(project: Project, kind: str) -> JobFolder | None:
    """The newest job of a kind."""
    return next((j for j in jobs_of(project.path) if f"-{kind}-" in j.name), None)


def stages(folder: JobFolder | None) -> list[str]:
    """The steps that a job has begun."""
    return [data["stage"] for data in events(folder, "step")] if folder else []


def stop(project: Project) -> None:
    """End what is left, whatever became of the test."""
    with suppress(FstuiError, OSError, AssertionError):
        kill_all(project)
