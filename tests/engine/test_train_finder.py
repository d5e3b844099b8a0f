"""The learning-rate finder: the sweep, what it picks, and that it harms nothing."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tensorflow as tf
from train_project import new_project, work_on

from engine.errors import BadInput, Stopped
from engine.project import Project
from engine.settings import TrainSettings
from engine.train import feed, finder
from engine.train.finder import Curve, Finding, Sweep
from engine.train.session import Session
from engine.train.trainer import Means
from engine.work import Work


class Slope:
    """A trainer of one number on a parabola, with noise as of batches, that runs away at rates
    above 2 / steepness."""

    def __init__(self, steepness: float = 400.0, spoilt: Callable[[int], bool] | None = None):
        self.weight = tf.Variable(1.0)
        self.steepness, self.spoilt = steepness, spoilt or (lambda _: False)
        self.seen: list[float] = []
        self.noise = np.random.default_rng(1)

    def step(self, _batch: Any, iteration: int, rate: float) -> None:
        self.seen.append(rate)
        self.loss = 0.5 * self.steepness * float(self.weight) ** 2
        if self.spoilt(iteration):
            self.loss = math.nan
            self.weight.assign(math.nan)
        batch = self.noise.normal(0.0, 0.3)
        self.weight.assign_sub(rate * self.steepness * (self.weight + batch))

    def means(self) -> Means:
        return Means(self.loss / 2, self.loss / 2, 1)

    def everything(self) -> list[Any]:
        return [self.weight]


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    return new_project(tmp_workspace)


def find(work: Work, slope: Slope, sweep: Sweep) -> Finding:
    return finder.find(work, slope, itertools.repeat(None), sweep)  # type: ignore[arg-type]


def test_the_sweep_is_exponential() -> None:
    rates = finder.swept(1000)
    assert (rates[0], rates[-1]) == pytest.approx((1e-10, 1e-1))
    np.testing.assert_allclose(np.diff(np.log(rates)), math.log(1e9) / 999, rtol=1e-6)


def test_the_loss_is_smoothed_from_its_start() -> None:
    losses = [3.0, 1.0, 2.0, 5.0]
    curve = finder.run(lambda number, _: losses[number - 1], [1e-5] * 4)
    for number, got in enumerate(curve.losses, 1):
        shares = 0.98 ** np.arange(number)[::-1]
        assert got == pytest.approx(np.average(losses[:number], weights=shares))


def test_the_sweep_ends_where_the_loss_runs_away() -> None:
    def step(number: int, _: float) -> float:
        return 1.0 if number <= 100 else 1000.0

    assert len(finder.run(step, finder.swept(1000)).rates) == 100
    assert len(finder.run(lambda n, _: 1.0 if n < 30 else math.inf, [1e-3] * 99).rates) == 29


def test_the_rate_of_the_best_loss_is_divided() -> None:
    curve = Curve([1e-5, 1e-4, 1e-3, 1e-2], [3.0, 2.0, 1.0, 2.0])
    rates = [finder.pick(curve, divisor) for divisor in finder.DIVISORS.values()]
    assert rates == pytest.approx([1e-4, 2e-4, 4e-4])
    assert finder.pick(Curve([], []), 10.0) is None
    assert finder.pick(Curve([1e-10, 1e-9], [1.0, 2.0]), 10.0) is None


@pytest.mark.parametrize("strength", finder.DIVISORS)
def test_a_rate_is_found_below_where_training_runs_away(project: Project, strength: str) -> None:
    slope, work = Slope(), work_on(project)
    sweep = Sweep(3000, strength)  # type: ignore[arg-type]
    finding = find(work, slope, sweep)
    assert finding.rate is not None
    assert 1e-6 < finding.rate < 2.0 / slope.steepness
    assert float(slope.weight) == 1.0
    assert len(slope.seen) < 3000  # it ran away and was ended

    shown = [e.data for e in work.folder.events()[0] if e.k == "finder"]
    assert shown[0]["rate"] == finding.rate
    assert len(shown[0]["rates"]) == len(shown[0]["losses"]) <= finder.EVENT_POINTS
    saved = json.loads((work.folder.path / shown[0]["curve"]).read_text())
    assert (saved["rates"], saved["losses"]) == (finding.rates, finding.losses)
    chart = cv2.imread(str(work.folder.path / shown[0]["chart"]))
    assert chart.shape == (540, 960, 3)
    for colour in ((40, 40, 210), (190, 110, 30)):  # the rate's line and the curve
        assert (chart == colour).all(axis=-1).any()


@pytest.mark.parametrize("first", [1, 40])
def test_a_loss_that_is_no_number_harms_nothing(project: Project, first: int) -> None:
    slope, work = Slope(spoilt=lambda iteration: iteration >= first), work_on(project)
    with pytest.raises(BadInput, match="give a learning rate yourself"):
        find(work, slope, Sweep(500))
    assert float(slope.weight) == 1.0
    assert len(slope.seen) == first
    saved = json.loads((work.folder.path / "finder.json").read_text())
    assert (saved["rate"], len(saved["rates"])) == (None, first - 1)
    assert cv2.imread(str(work.folder.path / "finder.png")).shape == (540, 960, 3)


def test_a_stop_and_an_error_harm_nothing(project: Project) -> None:
    work = work_on(project)

    def stop(iteration: int) -> bool:
        if iteration == 9:
            work.control._on_signal(15)
        return False

    slope = Slope(spoilt=stop)
    with pytest.raises(Stopped, match="finding the learning rate"):
        find(work, slope, Sweep(500))
    assert (float(slope.weight), len(slope.seen)) == (1.0, 9)

    broken = Slope(spoilt=lambda iteration: 1 // (9 - iteration) > 5)
    with pytest.raises(ZeroDivisionError):
        find(work_on(project), broken, Sweep(500))
    assert float(broken.weight) == 1.0


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_network_its_optimiser_and_its_files_are_as_before(project: Project) -> None:
    work = work_on(project)
    session = Session(work, work.settings(TrainSettings))
    trainer = session.trainer
    batches = feed.batches(session.sides, 2, 1, 1)
    for iteration in range(1, 4):
        trainer.step(next(batches), iteration, 1e-3)
    before = [v.numpy().copy() for v in trainer.everything()]
    model = files(project.path / "model")
    finding = finder.find(work, trainer, feed.batches(session.sides, 2, 1, 1), Sweep(100))
    assert finding.rate is not None
    assert len(finding.rates) > 50
    for variable, array in zip(trainer.everything(), before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), array)
    assert files(project.path / "model") == model
    assert trainer.means().steps == 3
