"""Saves beside the training: when, what is in them, and that the loop does not wait."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from train_project import new_project, work_on

from engine.settings import TrainSettings
from engine.train import checkpoint, loop, sets, tensors
from engine.train.saving import MeanLosses, Saving
from engine.train.trainer import Trainer


def test_training_goes_on_while_a_save_is_written(
    tmp_workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = new_project(tmp_workspace)
    went_on, in_time = threading.Event(), []
    at_ten: dict[str, np.ndarray] = {}
    real_step, real_write = Trainer.step, tensors.write

    def step(self: Trainer, crops: Any, iteration: int, rate: float) -> None:
        if iteration == 11:
            at_ten.update({n: v.numpy() for n, v in self.network.weights().items()})
        real_step(self, crops, iteration, rate)
        if iteration == 15:
            went_on.set()

    def write(path: Path, arrays: dict[str, Any]) -> str:
        in_time.append(went_on.wait(timeout=60.0))
        return real_write(path, arrays)

    monkeypatch.setattr(Trainer, "step", step)
    monkeypatch.setattr(tensors, "write", write)
    work = work_on(project, iterations=20, save_every=10, snapshot_every=10)
    work.folder.send("snapshot")  # of nothing yet: no harm
    loop.run(work)
    assert in_time == [True] * 4
    model = project.path / "model"
    assert [sets.iteration_of(p) for p in sets.snapshots(model)] == [20, 10]
    saved = checkpoint.verify(sets.snapshots(model)[1])
    assert all(np.array_equal(saved.weights()[name], at_ten[name]) for name in at_ten)
    assert saved.state.loss_a is not None
    assert 0.0 < saved.state.loss_a < 2.0


def test_a_save_is_due_by_iterations_minutes_and_snapshots() -> None:
    settings = TrainSettings(save_every=250, save_minutes=2.0, snapshot_every=1000)
    session: Any = SimpleNamespace(settings=settings, iteration=100, saved_iteration=0)
    saving = Saving(session, SimpleNamespace())  # type: ignore[arg-type]
    assert not saving.is_due(119.0)
    assert saving.is_due(120.0)
    session.iteration = 500
    assert saving.is_due(0.0)
    session.saved_iteration = 500
    assert not saving.is_due(999.0)
    session.iteration = 1000
    assert saving.is_snapshot_due()


def test_mean_losses_weigh_by_steps() -> None:
    losses = MeanLosses()
    losses.add(1.0, 2.0, 10)
    losses.add(4.0, 2.0, 20)
    assert losses.take() == (3.0, 2.0)
    losses.add(1.0, 2.0, 9)
    assert losses.take() == (None, None), "too few to compare"
