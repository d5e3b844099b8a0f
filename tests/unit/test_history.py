"""Training history: right after any cut, and read in few records."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.history import FAN, LEVELS, History, fold, read_level, read_range, truncate_after


def write(folder: Path, count: int, start: int = 1) -> None:
    history = History(folder)
    for i in range(start, start + count):
        history.append(i, i / 2, 1 / i, 2 / i, 10.0)


def check(folder: Path) -> None:
    """Every level holds exactly the folds of the level below."""
    for level in range(LEVELS - 1):
        below = read_level(folder, level, 0, 10**6)
        above = read_level(folder, level + 1, 0, 10**6)
        assert len(above) == len(below) // FAN
        for i, point in enumerate(above):
            group = fold(below[i * FAN : (i + 1) * FAN])
            assert point.iteration == group.iteration
            assert point.low_a == pytest.approx(group.low_a, rel=1e-6)
            assert point.high_b == pytest.approx(group.high_b, rel=1e-6)


def test_the_pyramid_folds_what_was_written(tmp_path: Path) -> None:
    write(tmp_path, FAN * FAN + 5)
    check(tmp_path)
    assert len(read_level(tmp_path, 2, 0, 10)) == 1


@settings(max_examples=40, deadline=None)
@given(
    count=st.integers(1, 3 * FAN * FAN // 2),
    level=st.integers(0, 2),
    share=st.floats(0, 1),
)
def test_a_file_cut_at_any_byte_is_mended(
    tmp_path_factory: pytest.TempPathFactory, count: int, level: int, share: float
) -> None:
    folder = tmp_path_factory.mktemp("history")
    write(folder, count)
    path = folder / f"level{level}.bin"
    if path.exists():
        os.truncate(path, int(path.stat().st_size * share))
    kept = len(read_level(folder, 0, 0, 10**6))
    write(folder, 20, start=kept + 1)
    check(folder)
    iterations = [p.iteration for p in read_level(folder, 0, 0, 10**6)]
    assert iterations == list(range(1, kept + 21))


@settings(max_examples=30, deadline=None)
@given(count=st.integers(1, 600), at=st.integers(0, 700))
def test_a_resumed_training_forgets_what_came_after_its_checkpoint(
    tmp_path_factory: pytest.TempPathFactory, count: int, at: int
) -> None:
    folder = tmp_path_factory.mktemp("history")
    write(folder, count)
    truncate_after(folder, at)
    kept = min(count, at)
    write(folder, 7, start=kept + 1)
    assert [p.iteration for p in read_level(folder, 0, 0, 10**6)] == list(range(1, kept + 8))
    check(folder)


@settings(max_examples=30, deadline=None)
@given(count=st.integers(1, 3000) | st.just(FAN**3), most=st.integers(20, 400))
def test_a_range_is_ordered_ends_at_the_last_and_is_small(
    tmp_path_factory: pytest.TempPathFactory, count: int, most: int
) -> None:
    folder = tmp_path_factory.mktemp("history")
    write(folder, count)
    points = read_range(folder, most)
    iterations = [p.iteration for p in points]
    assert iterations == sorted(set(iterations))
    assert points[-1] == read_level(folder, 0, count - 1, 1)[0], "no mean"
    assert len(points) <= 2 * most + 2 * FAN * LEVELS


def test_a_window_holds_what_lies_in_it(tmp_path: Path) -> None:
    write(tmp_path, 500)
    points = read_range(tmp_path, 2000, first=100, last=200)
    assert [p.iteration for p in points] == list(range(100, 201))


def test_no_history_is_an_empty_one(tmp_path: Path) -> None:
    assert read_range(tmp_path / "none") == []
