"""Tracks of faces, their smoothing and the measure of jitter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.faces.smooth import fit, jitter, smooth, tracks

FRAMES = 60


def moving(times: np.ndarray, acceleration: float = 0.05) -> np.ndarray:
    """(n, 68, 2) of points with speeds and accelerations of their own."""
    rng = np.random.default_rng(5)
    start, speed = rng.uniform(0, 500, (68, 2)), rng.uniform(-4, 4, (68, 2))
    bend = rng.uniform(-acceleration, acceleration, (68, 2))
    t = times[:, None, None]
    return start + speed * t + bend * t**2


def kernel(radius: int) -> np.ndarray:
    offset = np.arange(-radius, radius + 1.0)
    return fit(np.abs(offset), offset)


@pytest.mark.parametrize("radius", [2, 3, 7, 15])
def test_steady_acceleration_is_kept_in_the_middle_and_at_both_ends(radius: int) -> None:
    points = moving(np.arange(FRAMES, dtype=float))
    assert np.abs(smooth(points, np.arange(FRAMES), radius) - points).max() < 1e-4


def test_a_radius_of_one_keeps_a_steady_speed() -> None:
    points = moving(np.arange(FRAMES, dtype=float), acceleration=0.0)
    assert np.abs(smooth(points, np.arange(FRAMES), 1) - points).max() < 1e-4


@given(st.sets(st.integers(0, 40), min_size=1), st.integers(2, 9))
def test_motion_is_kept_where_frames_are_missing(there: set[int], radius: int) -> None:
    times = np.array(sorted(there), float)
    points = moving(times, acceleration=0.0)
    assert np.abs(smooth(points, times, radius) - points).max() < 2e-4


@given(st.integers(1, 15), st.integers(0, 1000))
def test_noise_falls_by_the_norm_of_the_weights(radius: int, seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 1, (200, 68, 2))
    inner = smooth(noise, np.arange(200), radius)[radius:-radius]
    assert inner.std() == pytest.approx(np.linalg.norm(kernel(radius)), rel=0.05)


def test_weights_add_up_to_one_and_a_larger_radius_smooths_more() -> None:
    norms = []
    for radius in range(2, 16):
        weights = kernel(radius)
        assert weights.sum() == pytest.approx(1)
        assert np.allclose(weights, weights[::-1])
        norms.append(np.linalg.norm(weights))
    assert norms == sorted(norms, reverse=True)
    assert np.linalg.norm(kernel(1)) < 0.65


def test_jitter_falls_by_more_than_noise_does() -> None:
    times = np.arange(FRAMES, dtype=float)
    noisy = moving(times, 0.0) + np.random.default_rng(1).normal(0, 0.5, (FRAMES, 68, 2))
    sizes = np.full(FRAMES, 100.0)
    before = jitter(noisy, sizes)
    for radius in (1, 2, 3, 5, 9):
        expected = np.linalg.norm(np.diff(kernel(radius), 2, prepend=[0, 0], append=[0, 0]))
        inner = smooth(noisy, times, radius)[radius:-radius]
        found = jitter(inner, sizes[radius:-radius]) / before
        assert found == pytest.approx(expected / np.sqrt(6), rel=0.15)
        assert found < 0.55 * np.linalg.norm(kernel(radius))


@pytest.mark.parametrize("count", [0, 1, 2])
def test_short_tracks_and_no_radius_leave_points_alone(count: int) -> None:
    points = moving(np.arange(count, dtype=float)).astype(np.float32)
    assert np.array_equal(smooth(points, np.arange(count), 5), points)
    assert jitter(points, np.full(count, 100.0)) == 0.0
    many = moving(np.arange(9.0)).astype(np.float32)
    assert np.array_equal(smooth(many, np.arange(9), 0), many)


def test_smoothing_does_not_depend_on_the_unit_of_time() -> None:
    noisy = np.random.default_rng(2).normal(0, 1, (30, 68, 2))
    frames, seconds = np.arange(30) * 5, np.arange(30) / 25
    assert np.allclose(smooth(noisy, frames, 3), smooth(noisy, seconds, 3), atol=1e-5)


def test_jitter_is_the_mean_second_difference_in_percent_of_the_size() -> None:
    shaking = np.zeros((9, 68, 2))
    shaking[1::2] = (3.0, 4.0)  # there and back: a second difference of 2 * 5 each time
    assert jitter(shaking, np.full(9, 200.0)) == pytest.approx(5.0)
    assert jitter(moving(np.arange(9.0), 0.0), np.full(9, 50.0)) == pytest.approx(0, abs=1e-9)
    sigma = 0.7
    noise = np.random.default_rng(3).normal(0, sigma, (500, 68, 2))
    expected = sigma * np.sqrt(6) * np.sqrt(np.pi / 2)
    assert jitter(noise, np.full(500, 100.0)) == pytest.approx(expected, rel=0.02)


def box(x: float, side: float = 100.0) -> tuple[float, float, float, float]:
    return x, 0.0, x + side, side


def who(number: int) -> np.ndarray:
    identity = np.zeros(128)
    identity[number] = 0.5
    return identity


def test_a_face_that_moves_is_one_track_and_two_faces_are_two() -> None:
    frames = [n for n in range(20) for _ in range(2)]
    boxes = [b for n in range(20) for b in (box(10 * n), box(1000 - 10 * n))]
    found = tracks(frames, boxes, [None] * 40)
    assert found.tolist() == [0, 1] * 20


def test_the_order_of_faces_in_a_frame_does_not_matter() -> None:
    frames, boxes = [0, 0, 1, 1], [box(0), box(500), box(505), box(5)]
    assert tracks(frames, boxes, [None] * 4).tolist() == [0, 1, 1, 0]


def test_a_cut_ends_a_track_by_a_jump_or_by_another_person_in_the_same_place() -> None:
    frames = list(range(6))
    jump = [box(0)] * 3 + [box(60)] * 3
    assert tracks(frames, jump, [None] * 6).tolist() == [0, 0, 0, 1, 1, 1]
    person = [who(0)] * 3 + [who(1)] * 3
    assert tracks(frames, [box(0)] * 6, person).tolist() == [0, 0, 0, 1, 1, 1]
    unknown = [who(0), who(0), None, None, who(1), who(1)]
    assert tracks(frames, [box(0)] * 6, unknown).tolist() == [0] * 6


@pytest.mark.parametrize("step", [1, 5])
def test_a_track_outlives_two_frames_without_the_face_and_not_three(step: int) -> None:
    three, four = [0, 3 * step, 4 * step], [0, 4 * step]
    assert tracks(three, [box(0)] * 3, [None] * 3, step).tolist() == [0, 0, 0]
    assert tracks(four, [box(0)] * 2, [None] * 2, step).tolist() == [0, 1]


def test_a_second_face_never_joins_a_track_that_is_taken() -> None:
    found = tracks([0, 1, 1], [box(0), box(8), box(2)], [None] * 3)
    assert found.tolist() == [0, 1, 0]
    assert tracks([], [], []).tolist() == []


@given(st.lists(st.tuples(st.integers(0, 12), st.floats(0, 300)), max_size=30), st.integers(1, 3))
def test_a_track_has_at_most_one_face_a_frame(faces: list[tuple[int, float]], step: int) -> None:
    faces = sorted(faces)
    frames = [frame * step for frame, _ in faces]
    found = tracks(frames, [box(x) for _, x in faces], [None] * len(faces), step)
    assert len(set(zip(frames, found.tolist(), strict=True))) == len(faces)
    assert set(found.tolist()) == set(range(len(set(found.tolist()))))
