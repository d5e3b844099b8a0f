"""The real supervisor and the real top of a step, with a stage that plays what a test asks for.

Run as a program: `fake_engine.py run JOBDIR`, `fake_engine.py queue WORKSPACE`. What to play stands
in the step's settings: `{"play": "train", "iterations": N}` and the like.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import engine.launch
import engine.step
from engine import supervise
from engine.devices import Gpu
from engine.errors import FstuiError, NothingToDo, Refused, Stopped
from engine.process import die_with_parent
from engine.protocol import JobFolder, write_atomic
from engine.queue import again, keeper
from engine.work import Work

TICK_S = 0.01
DIE_AT = "FAKE_DIE_AT"
KILLED = 137


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


def engine_command(*words: str) -> list[str]:
    """This file again, as the engine."""
    return [sys.executable, __file__, *words]


def die_at(point: str) -> None:
    """End without a word, as if killed, before or after the nth act that others can see:
    `3 before`."""
    number, when = point.split()
    acts = 0

    def counted(act: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **words: Any) -> Any:
            nonlocal acts
            acts += 1
            mine = acts == int(number)
            if mine and when == "before":
                os._exit(KILLED)
            try:
                return act(*args, **words)
            finally:
                if mine:
                    os._exit(KILLED)

        return wrapped

    os.replace = counted(os.replace)
    os.mkdir = counted(os.mkdir)
    subprocess.Popen = counted(subprocess.Popen)  # type: ignore[misc]


def main(verb: str, folder: str, *more: str) -> int:
    """What `python -m engine` does for these verbs."""
    engine.launch.engine_command = engine_command
    if verb == "queue":
        again.FIRST_REST_S = keeper.LOOK_S = keeper.REST_LOOK_S = 0.05
        if point := os.environ.pop(DIE_AT, ""):
            die_at(point)
        return keeper.run(Path(folder))
    if verb == "step":
        die_with_parent(int(more[1]))
        engine.step.stage = lambda name: play  # type: ignore[assignment]
        return engine.step.run(Path(folder), int(more[0]))
    supervise.step_command = step_command
    supervise.choices = lambda device: [(Gpu(0, device, "a fake GPU"),)] if device else []
    return supervise.run(Path(folder))


if __name__ == "__main__":
    try:
        code = main(*sys.argv[1:])
    except FstuiError as error:
        code = int(error.exit)
    sys.exit(code)
