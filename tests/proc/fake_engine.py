"""The real supervisor and the real top of a step, with a stage that plays what a test asks for.

Run as a program: `fake_engine.py run JOBDIR`. What to play stands in the step's settings:
`{"play": "train", "iterations": N}` and the like.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from pathlib import Path

import engine.step
from engine import supervise
from engine.devices import Gpu
from engine.errors import NothingToDo, Refused, Stopped
from engine.process import die_with_parent
from engine.protocol import JobFolder, write_atomic
from engine.work import Work

TICK_S = 0.01


def play(work: Work) -> str:
    """Do what the step's settings say."""
    plan = work.step.settings
    act = plan.get("play", "train")
    match act:
        case "done":
            return "all done"
        case "refuse":
            raise Refused("consent is missing")
        case "nothing":
            raise NothingToDo("no \x1b[31mfaces")
        case "bug":
            raise KeyError("surprise")
        case "memory":
            raise MemoryError
        case "abort":
            os.abort()
        case "exit":
            os._exit(1)
        case "no-space":
            raise OSError(errno.ENOSPC, "No space left on device", str(work.project.path))
        case "deaf":
            work.report.metric(1, 0.5, 0.5, 1.0)
            while True:
                time.sleep(TICK_S)
    return train(work, int(plan.get("iterations", 1_000_000)))


def train(work: Work, iterations: int) -> str:
    """Count iterations; a checkpoint every ten of them and at a stop."""
    checkpoint = work.project.path / "model" / "checkpoint"
    start = int(checkpoint.read_text()) if checkpoint.exists() else 0
    for iteration in range(start + 1, iterations + 1):
        if iteration % 5 == 0:
            work.report.metric(iteration, 1.0 / iteration, 1.0 / iteration, 1 / TICK_S)
        stopping = work.control.stopping
        if stopping or iteration % 10 == 0:
            write_atomic(checkpoint, str(iteration).encode())
            work.report.saved(iteration)
        if stopping:
            raise Stopped(f"stopped at iteration {iteration}")
        time.sleep(TICK_S)
    return f"trained {iterations} iterations"


def step_command(folder: JobFolder, index: int) -> list[str]:
    """This file again, as the step."""
    return [sys.executable, __file__, "step", str(folder.path), str(index), str(os.getpid())]


def main(verb: str, folder: str, *more: str) -> int:
    """What `python -m engine` does for these two verbs."""
    if verb == "step":
        die_with_parent(int(more[1]))
        engine.step.stage = lambda name: play  # type: ignore[assignment]
        return engine.step.run(Path(folder), int(more[0]))
    supervise.step_command = step_command
    supervise.choices = lambda device: [(Gpu(0, device, "a fake GPU"),)] if device else []
    return supervise.run(Path(folder))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
