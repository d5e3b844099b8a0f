"""When a training's losses stand still, on made-up curves."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.protocol import Job, JobFolder, Step
from engine.sessions import Diary
from engine.train.plateau import Plateau, began_at

Curve = Callable[[int], tuple[float, float]]


def stops_at(curve: Curve, block: int = 100, every: int = 10, until: int = 5000) -> int | None:
    """The iteration that a training with these losses ends at, reported as means over `every`."""
    judge = Plateau(block, 0)
    for iteration in range(every, until + 1, every):
        losses = [curve(i) for i in range(iteration - every + 1, iteration + 1)]
        a, b = (sum(side) / every for side in zip(*losses, strict=True))
        judge.take(iteration, a, b)
        if judge.still:
            return iteration
    return None


def test_a_flat_curve_stops_after_two_blocks() -> None:
    assert stops_at(lambda _: (0.1, 0.2)) == 200


def test_a_falling_curve_goes_on() -> None:
    assert stops_at(lambda i: (math.exp(-i / 2000), math.exp(-i / 2000))) is None


def test_it_stops_where_a_curve_becomes_flat() -> None:
    def curve(i: int) -> tuple[float, float]:
        return max(1.0 - i / 1000, 0.2), max(1.0 - i / 1000, 0.2)

    assert stops_at(curve) == 1000  # 801..900 and 901..1000 are the first two alike


def test_one_side_that_still_learns_keeps_it_going() -> None:
    assert stops_at(lambda i: (0.1, math.exp(-i / 2000))) is None
    assert stops_at(lambda i: (math.exp(-i / 2000), 0.1)) is None


def test_a_rising_loss_stands_still() -> None:
    assert stops_at(lambda i: (0.1 + i / 1000, 0.2 + i / 1000)) == 200


@pytest.mark.parametrize(("fall", "still"), [(0.009, True), (0.011, False)])
def test_the_border_is_one_per_cent(fall: float, still: bool) -> None:
    def curve(i: int) -> tuple[float, float]:
        return (1.0, 1.0) if i <= 100 else (1.0 - fall, 1.0 - fall)

    assert (stops_at(curve, until=200) == 200) is still


def test_noise_alone_does_not_stop_a_training_that_learns() -> None:
    noise = random.Random(1)

    def curve(i: int) -> tuple[float, float]:
        loss = math.exp(-i / 1000)
        return loss * noise.uniform(0.8, 1.2), loss * noise.uniform(0.8, 1.2)

    assert stops_at(curve, until=3000) is None


def test_no_number_is_no_standstill() -> None:
    assert stops_at(lambda _: (math.nan, 0.1), until=1000) is None


def test_how_often_losses_are_reported_does_not_matter() -> None:
    def curve(i: int) -> tuple[float, float]:
        return max(1.0 - i / 1000, 0.2), 0.3

    assert {stops_at(curve, every=every) for every in (1, 5, 50, 100)} == {1000}


def test_reports_count_by_the_iterations_that_they_are_of() -> None:
    judge = Plateau(100, 0)
    judge.take(90, 1.0, 1.0)
    judge.take(100, 0.0, 0.0)  # the first block's mean is 0.9
    judge.take(200, 0.895, 0.895)
    assert judge.still


def test_a_report_longer_than_blocks_closes_one_block() -> None:
    judge = Plateau(10, 0)
    judge.take(35, 1.0, 1.0)
    judge.take(39, 0.5, 0.5)
    assert not judge.still
    judge.take(40, 0.5, 0.5)
    assert not judge.still
    judge.take(50, 0.5, 0.5)
    assert judge.still


# --- from where --------------------------------------------------------------------------------


def job(project: Path, resumes: str | None = None) -> JobFolder:
    return JobFolder.create(project, Job(1, "train", [Step("train")], None, resumes))


def begin(project: Path, folder: JobFolder, iteration: int) -> Diary:
    diary = Diary(project / "model")
    diary.begin(folder.name, iteration, faces_a=1, faces_b=1, batch=1, settings={})
    return diary


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    return tmp_path


def test_a_new_job_counts_from_its_own_beginning(project: Path) -> None:
    begin(project, job(project), 0)
    later = job(project)
    begin(project, later, 500)
    assert began_at(later) == 500


def test_a_job_that_goes_on_from_cut_off_ones_counts_from_the_first(project: Path) -> None:
    first = job(project)
    begin(project, first, 100)
    second = job(project, first.name)
    begin(project, second, 150)
    third = job(project, second.name)
    begin(project, third, 170)
    assert began_at(third) == 100


def test_a_job_that_names_one_outside_counts_from_its_own_beginning(project: Path) -> None:
    strange = job(project, "../../outside")
    begin(project, JobFolder(project / "jobs" / ".." / ".." / "outside"), 5)
    Diary(project / "model").begin("../../outside", 5)
    begin(project, strange, 100)
    assert began_at(strange) == 100


def test_losses_are_not_compared_over_a_change_of_settings(project: Path) -> None:
    first = job(project)
    begin(project, first, 100).mark("change", 140, "losses mse")
    second = job(project, first.name)
    begin(project, second, 150)
    assert began_at(second) == 140
