"""Jobs of the fake engine, and waiting for a condition."""

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

from engine.launch import engine_environment, wait_for_start
from engine.project import Project
from engine.protocol import Job, JobFolder, Step

Plan = dict[str, Any]
FAKE = Path(__file__).with_name("fake_engine.py")
PATIENCE_S = 20.0


def until(condition: Callable[[], Any], what: str) -> Any:
    """Wait for a condition to be true; fail saying what did not happen."""
    end = time.monotonic() + PATIENCE_S
    while not (value := condition()):
        assert time.monotonic() < end, f"it did not happen: {what}"
        time.sleep(0.02)
    return value


def is_gone(pid: int) -> bool:
    """Whether a process has ended (a zombie has)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    return stat.rpartition(")")[2].split()[0] in "ZX"


def step_pid(folder: JobFolder) -> int:
    """The process of the step at work: the only child of the supervisor."""
    holder = folder.holder()
    assert holder is not None
    children = Path(f"/proc/{holder.pid}/task/{holder.pid}/children")
    text = until(lambda: children.read_text().split(), "the step's process began")
    return int(text[0])


def iteration(folder: JobFolder) -> int:
    """The newest iteration that the job's events tell."""
    found = [e.data["iteration"] for e in folder.events()[0] if e.k == "metric"]
    return int(found[-1]) if found else 0


class FakeEngine:
    """Starts jobs of `fake_engine.py`, each in a session of its own like the real ones."""

    def __init__(self) -> None:
        self.children: list[subprocess.Popen[bytes]] = []

    def start(
        self,
        project: Project,
        *plans: dict[str, Any],
        kind: str = "train",
        device: str | None = None,
    ) -> JobFolder:
        """Start a job with a step for each plan and wait for its start event."""
        folder = self.make(project, *plans, kind=kind, device=device)
        wait_for_start(folder, self.run(folder))
        return folder

    def make(
        self,
        project: Project,
        *plans: dict[str, Any],
        kind: str = "train",
        device: str | None = None,
    ) -> JobFolder:
        """Only the job folder."""
        steps = [Step(kind, None, plan) for plan in plans or ({},)]
        return JobFolder.create(project.path, Job(1, kind, steps, device))

    def run(self, folder: JobFolder) -> subprocess.Popen[bytes]:
        """Run the supervisor of a job folder."""
        with open(folder.log_path, "ab") as log:
            child = subprocess.Popen(
                [sys.executable, str(FAKE), "run", str(folder.path)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=engine_environment(),
            )
        self.children.append(child)
        return child

    def end_all(self) -> None:
        """Kill what a test left running; the steps die with their supervisors."""
        for child in self.children:
            with suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGCONT)
            child.kill()
            child.wait()
