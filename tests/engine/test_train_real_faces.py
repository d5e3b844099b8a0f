"""Every network learns on real faces: twenty iterations as a job, and the losses have fallen."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from extract_project import extract, project_with
from train_project import work_on

from engine.history import read_level
from engine.project import Project
from engine.train import loop, models

OPTIONS: dict[str, str] = {
    "amp": "resolution=64",
    "original": "lowmem=yes",
    "saehd": "resolution=64",
}
"""Smaller ones, where a network has them."""
STILL = 1e-9
"""A learning rate at which nothing is learnt."""
PAIRED = {"villain": 3e-4}
"""Rates of networks that learn less in so few iterations than one batch of four differs from
another: their last losses are held against those of the same batches unlearnt."""
QUICK = ("quick", "original")
"""What the default tests train."""
ITERATIONS = 20
RUN = [
    pytest.param(name, marks=[] if name in QUICK else [pytest.mark.all, pytest.mark.timeout(1800)])
    for name in models.names()
]


@pytest.fixture(scope="module")
def project(
    tmp_path_factory: pytest.TempPathFactory, sample: Callable[[str], Path]
) -> Iterator[Project]:
    """Some three dozen faces of the woman and of the man."""
    workspace = tmp_path_factory.mktemp("real")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FSTUI_WORKSPACE", str(workspace))
        patch.setattr(loop, "REPORT_S", 0.0)
        made = project_with(workspace, a=[sample("man")], b=[sample("woman")])
        extract(made, "a", every=2)
        extract(made, "b", every=13)
        yield made


@pytest.fixture
def memory_given_back() -> Iterator[None]:
    """A network is in circles of references, and some have 200 million weights."""
    yield
    keras.backend.clear_session()
    gc.collect()


def trained(project: Project, name: str, rate: float) -> list[list[float]]:
    """The losses of both sides, iteration by iteration, of a job that begins a model anew."""
    settings: dict[str, Any] = {"model": name, "options": OPTIONS.get(name, ""), "anew": True}
    settings["learning_rate"] = rate
    loop.run(work_on(project, iterations=ITERATIONS, batch=4, warm_up=0, **settings))
    points = read_level(project.path / "model" / "history", 0, 0, 100)
    assert [p.iteration for p in points] == list(range(1, ITERATIONS + 1))
    return [[p.loss_a for p in points], [p.loss_b for p in points]]


@pytest.mark.usefixtures("memory_given_back")
@pytest.mark.parametrize("name", RUN)
def test_losses_fall_on_real_faces(project: Project, name: str) -> None:
    unlearnt = trained(project, name, STILL) if name in PAIRED else None
    for side, losses in enumerate(trained(project, name, PAIRED.get(name, 1e-4))):
        assert np.isfinite(losses).all()
        last = np.mean(losses[-5:])
        first = np.mean(unlearnt[side][-5:]) if unlearnt else np.mean(losses[:5])
        assert last < 0.99 * first, losses
