"""Saves a small model in a process of its own and dies on the way: `MODEL points` at every call to
the system in turn, `MODEL loop` until it is killed. Prints one line of JSON for each death."""

from __future__ import annotations

import json
import os
import signal
import sys
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from engine.train import checkpoint, sets
from engine.train.checkpoint import Recipe, TrainState

CALLS = frozenset(
    {"mkdir", "open", "write", "flush", "fsync", "replace", "link", "unlink", "rmdir", "close"}
)
"""C functions between which the state on the disk differs."""
ENGINE = str(Path(checkpoint.__file__).parents[1])
WEIGHTS = {f"encoder/conv_{n}/kernel": np.full((64, 64), n, np.float32) for n in range(3)}
SLOTS = {f"{name}/m": w for name, w in WEIGHTS.items()}
RECIPE = Recipe(
    1, "quick", {}, 64, 96, "face", 87.5, "none", {n: list(w.shape) for n, w in WEIGHTS.items()}
)


def save(model: Path, iteration: int) -> None:
    """A set, the best one every third time, and a snapshot of it."""
    loss = 1.0 / iteration if iteration % 3 == 0 else 1.0
    state = TrainState(1, iteration, 7, 1.0, "", loss_a=loss, loss_b=loss)
    sets.snapshot(model, checkpoint.save(model, RECIPE, state, WEIGHTS, SLOTS, 2))


class Death:
    """A profiler that kills the process before its `number`-th call of the engine's."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, frame: FrameType, event: str, call: Any) -> None:
        if event != "c_call" or call.__name__ not in CALLS:
            return
        file = frame.f_code.co_filename
        if file.startswith(ENGINE) or "shutil" in file or "pathlib" in file:
            self.left -= 1
            if self.left < 0:
                os.kill(os.getpid(), signal.SIGKILL)


def points(model: Path) -> None:
    """Die at each call of a save in turn; after each death, what a training would go on from."""
    save(model, 1)
    for number in count():
        iteration = number + 2
        child = os.fork()
        if not child:
            sys.setprofile(Death(number))
            save(model, iteration)
            sys.setprofile(None)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        warned: list[str] = []
        found = checkpoint.load(model, warned.append).state.iteration
        snapshots = [checkpoint.verify(p).state.iteration for p in sets.snapshots(model)]
        died = os.WIFSIGNALED(status)
        line = {"iteration": iteration, "found": found, "warned": warned, "died": died}
        print(json.dumps({**line, "snapshots": snapshots}), flush=True)
        if not died:
            return


def loop(model: Path) -> None:
    """Save until killed; each save is named before it begins."""
    for iteration in count(1):
        print(iteration, flush=True)
        save(model, iteration)


if __name__ == "__main__":
    {"points": points, "loop": loop}[sys.argv[2]](Path(sys.argv[1]))
