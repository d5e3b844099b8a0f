"""How near training comes to what the machine can do: ratios measured in one run.

Every model is measured in a process of its own, so that its memory is its own. `bench train` runs
all of them at batch 16, `bench train MODEL` one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

from benchmarks.data import drawn, rate_of, timed
from engine.launch import engine_command, engine_environment
from engine.settings import TrainSettings
from engine.train import estimate, feed, models
from engine.train.flops import matrix_rate
from engine.train.session import asked_for
from engine.train.trial import Trial

BATCH = 16
FACES = 64
"""Drawn faces of each side that the data path reads."""


def bench(model: str = "", batch: str = str(BATCH)) -> dict[str, Any]:
    """Figures of one model, or of all by name. Raises `BadInput` for an unknown one."""
    if model:
        models.load(model)
        return one(model, int(batch))
    return {name: _in_a_process(name, batch) for name in models.names()}


def _in_a_process(model: str, batch: str) -> dict[str, Any]:
    done = subprocess.run(
        engine_command("ask", "bench", "train", model, batch),
        env=engine_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    )
    if done.returncode:
        return {"failed": done.returncode}
    figures: dict[str, Any] = json.loads(done.stdout)
    print(model, figures, file=sys.stderr, flush=True)
    return figures


def one(name: str, batch: int) -> dict[str, Any]:
    """Seconds of a step (best of five), its operations, the machine's matrix rate and the share of
    it that the step reaches; the shares of a training's time that are spent on waiting for faces
    and on augmentation; how many faces a second the data path alone delivers; peak memory beside
    what was foretold from the graph, and the disk that the saves take."""
    rate = matrix_rate()
    settings = TrainSettings(model=name, batch=batch)
    trial = Trial(asked_for(settings), settings)
    trainer = trial.trainer
    batches = feed.batches({side: drawn(trial.cut, FACES) for side in "ab"}, batch, 1, 1)
    waits: list[float] = []

    def step() -> None:
        start = time.perf_counter()
        faces = next(batches)
        waits.append(time.perf_counter() - start)
        trainer.step(faces, len(waits), 1e-5)
        trainer.wait()

    times = timed(step)
    return {
        "batch": batch,
        "s_per_step": round(min(times), 4),
        "faces_per_s": round(2 * batch / min(times), 1),
        "gflop_per_step": round(trial.flop / 1e9, 1),
        "matrix_gflops": round(rate / 1e9, 1),
        "share": round(trial.flop / min(times) / rate, 3),
        "wait_share": round(sum(waits[1:]) / sum(times), 4),
        "data_faces_per_s": round(rate_of(batches, trial.how, 2 * batch), 1),
        "peak_mib": estimate.peak_mib(),
        "foretold_mib": trial.needs.memory_mib,
        "saves_mib": trial.needs.disk_mib,
    }
