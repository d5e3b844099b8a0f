"""The learning-rate finder: a sweep over rates that shows where the loss falls fastest.

Source: L. Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017, section 3.3,
with the exponential sweep and the smoothing that became the custom. The sweep trains the network
itself; all that it changed is put back at its end, however it ends, and no file of the model is
touched.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np

from engine.errors import BadInput, Stopped
from engine.protocol import write_atomic
from engine.train import chart
from engine.train.trainer import Trainer
from engine.work import Work

LOWEST, HIGHEST = 1e-10, 1e-1
BETA = 0.98
"""Share of the old that the smoothed loss keeps."""
DIVERGED = 4.0
"""Times the best loss at which the sweep ends."""
TOO_LOW = 1e-9
"""A rate below this was found in noise."""
DIVISORS = {"default": 10.0, "aggressive": 5.0, "extreme": 2.5}
EVENT_POINTS = 200
"""Points of the curve in the event; the file has all."""


class Sweep(msgspec.Struct, frozen=True):
    """How to look for a rate."""

    iterations: int = 1000
    """100..10,000."""
    strength: Literal["default", "aggressive", "extreme"] = "default"
    """How near to the rate of the best loss, beyond which training runs away."""


class Curve(NamedTuple):
    """Smoothed losses by rate, as far as the sweep came."""

    rates: list[float]
    losses: list[float]


class Finding(msgspec.Struct, frozen=True):
    """What was found; `finder.json` holds it."""

    rate: float | None
    """None: no rate can be told from the curve."""
    rates: list[float]
    losses: list[float]


def find(work: Work, trainer: Trainer, batches: Iterator[Any], sweep: Sweep) -> Finding:
    """Find a rate; the curve goes to `finder.json` and `finder.png` in the job's folder and into an
    event. Raises `BadInput` when there is none to find, `Stopped` after a stop."""
    rates = swept(sweep.iterations)
    work.report.phase("finding the learning rate")

    def step(number: int, rate: float) -> float:
        if work.control.stopping:
            raise Stopped("stopped while finding the learning rate: train begins there again")
        work.report.progress(number, len(rates), "iteration")
        trainer.step(next(batches), number, rate)
        means = trainer.means()
        return means.loss_a + means.loss_b

    with unharmed(trainer.everything()):
        curve = run(step, rates)
    finding = Finding(pick(curve, DIVISORS[sweep.strength]), *curve)
    _show(work, finding)
    if finding.rate is None:
        raise BadInput(
            "No learning rate could be found, as the loss didn't fall at any: look at the faces, "
            "or give a learning rate yourself."
        )
    return finding


def swept(iterations: int) -> list[float]:
    """The rates, each the same share above the one before."""
    return [float(rate) for rate in np.geomspace(LOWEST, HIGHEST, iterations)]


def run(step: Callable[[int, float], float], rates: Iterable[float]) -> Curve:
    """Step at each rate until the loss runs away; `step(number, rate)` is the loss, from 1."""
    curve, mean = Curve([], []), 0.0
    for number, rate in enumerate(rates, 1):
        loss = step(number, rate)
        if not math.isfinite(loss):
            break
        mean = BETA * mean + (1.0 - BETA) * loss
        smooth = mean / (1.0 - BETA**number)
        if smooth > DIVERGED * min(curve.losses, default=math.inf):
            break
        curve.rates.append(rate)
        curve.losses.append(smooth)
    return curve


def pick(curve: Curve, divisor: float) -> float | None:
    """The rate of the best loss over the divisor; None where nothing was learnt."""
    if not curve.rates:
        return None
    rate = curve.rates[int(np.argmin(curve.losses))] / divisor
    return rate if rate >= TOO_LOW else None


@contextmanager
def unharmed(variables: list[Any]) -> Iterator[None]:
    """Put all variables back at the end, bit by bit, however that comes."""
    before = [variable.numpy().copy() for variable in variables]
    try:
        yield
    finally:
        for variable, value in zip(variables, before, strict=True):
            variable.assign(value)


def _show(work: Work, finding: Finding) -> None:
    folder: Path = work.folder.path
    write_atomic(folder / "finder.json", msgspec.json.encode(finding))
    write_atomic(folder / "finder.png", chart.png(finding.rates, finding.losses, finding.rate))
    thin = slice(None, None, max(1, math.ceil(len(finding.rates) / EVENT_POINTS)))
    work.report.event(
        "finder",
        rate=finding.rate,
        rates=finding.rates[thin],
        losses=finding.losses[thin],
        curve="finder.json",
        chart="finder.png",
    )
