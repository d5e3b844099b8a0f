"""Trainings that run away and come back: from the last good set, slower, with other draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from train_project import new_project, work_on

from engine import history, sessions
from engine.errors import Damaged
from engine.project import Project
from engine.train import checkpoint, feed, loop, sets
from engine.train.trainer import Trainer
from engine.work import Work


@pytest.fixture
def project(tmp_workspace: Any, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(loop, "REPORT_S", 0.0)
    return new_project(tmp_workspace)


def warnings(work: Work) -> list[str]:
    said = [e.data["text"] for e in work.folder.events()[0] if e.k == "warn"]
    return [text for text in said if not text.startswith("There are ")]  # of few faces


def poison(monkeypatch: pytest.MonkeyPatch, iteration: int, times: int) -> None:
    """Let the weights become NaN at an iteration, until training draws otherwise for long."""
    real = Trainer.step
    seeds: set[int] = set()

    def step(self: Trainer, crops: Any, now: int, rate: float) -> None:
        if now == iteration:
            seeds.add(self.seed)
        real(self, crops, now, float("nan") if now == iteration and len(seeds) <= times else rate)

    monkeypatch.setattr(Trainer, "step", step)


def test_it_goes_back_further_when_a_set_leads_to_trouble_twice(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch, 21, times=2)
    work = work_on(project, iterations=24, save_every=10, learning_rate=1e-3, snapshot_every=0)
    assert loop.run(work).startswith("trained to iteration 24")
    first, twice, second = warnings(work)
    assert first == (
        "The losses are no numbers any more at iteration 22: back to iteration 20 with the "
        "learning rate halved (roll-back 1 of 3)."
    )
    assert "iteration 20 led to trouble twice" in twice
    assert "back to iteration 10" in second
    assert "roll-back 2 of 3" in second

    model = project.path / "model"
    state = checkpoint.load(model, pytest.fail).state
    assert (state.iteration, state.seed, state.roll_backs, state.slowed) == (24, 1, 2, 0.25)
    rates = [e.data["learning_rate"] for e in work.folder.events()[0] if e.k == "metric"]
    assert rates[-1] < 0.3 * max(rates)
    iterations = [p.iteration for p in history.read_level(model / "history", 0, 0, 100)]
    assert iterations == list(range(1, 25))
    (session,) = sessions.read(model)
    marks = [(m.kind, m.iteration) for m in session.marks if m.kind != "save"]
    assert marks == [("rollback", 22), ("rollback", 22)]
    assert session.examples == 2 * 2 * (22 + 2 + 14)
    assert len(list((project.path / "trash").iterdir())) == 1

    # The next job goes on slower and says so.
    later = work_on(project, iterations=25)
    loop.run(later)
    assert warnings(later) == [
        "The learning rate is 0.25 of what is set, as it was lowered before."
    ]


def test_it_begins_again_when_nothing_was_saved(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison(monkeypatch, 3, times=1)
    work = work_on(project, iterations=6)
    loop.run(work)
    assert "back to iteration 0" in warnings(work)[0]
    found = checkpoint.load(project.path / "model", pytest.fail)
    assert (found.state.iteration, found.state.roll_backs) == (6, 1)
    assert all(np.isfinite(slot).all() for slot in found.slots().values())


def test_switched_off_it_ends(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    poison(monkeypatch, 3, times=1)
    with pytest.raises(Damaged, match=r"at iteration 4; nothing had been saved yet: train again"):
        loop.run(work_on(project, iterations=6, roll_back=False))
    assert not sets.all_sets(project.path / "model")
    (session,) = sessions.read(project.path / "model")
    assert "no numbers any more" in session.how


def test_each_roll_back_draws_other_faces() -> None:
    orders = {tuple(feed.chosen(30, 8, 1 + 104_729 * n, 5)) for n in range(4)}
    assert len(orders) == 4
