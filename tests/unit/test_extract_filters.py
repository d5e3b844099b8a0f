"""Which faces the filters reject."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import BadInput
from engine.extract.filters import check, rejection
from engine.faces.geometry import MEAN_FACE, align, transform
from engine.settings import ExtractSettings
from engine.tables import REASONS

FRAME = (1920, 1080)
BOX = (100.0, 100.0, 316.0, 262.0)
"""Its longer edge is 20 % of the frame's short side."""

EVERYTHING = ExtractSettings(
    min_face=10, max_face=50, max_misalignment=10, max_roll=60, upside_down=False
)


def face(
    angle: float = 0.0, scale: float = 100.0, x: float = 500.0, y: float = 400.0
) -> np.ndarray:
    """(68, 2) of a mean face in a frame; angle in degrees clockwise."""
    points = np.zeros((68, 2))
    points[17:] = MEAN_FACE
    c, s = scale * math.cos(math.radians(angle)), scale * math.sin(math.radians(angle))
    return transform(points, np.array([[c, -s, x], [s, c, y]]))


def without_order(points: np.ndarray) -> np.ndarray:
    """Eyes and brows pulled below the mouth, the rest in place."""
    moved = points.copy()
    moved[17:27, 1] += 90
    moved[36:48, 1] += 70
    return moved


@given(st.floats(-180, 180), st.floats(5, 2000), st.floats(-3000, 3000), st.floats(-3000, 3000))
def test_the_default_settings_reject_nothing(a: float, scale: float, x: float, y: float) -> None:
    assert rejection(ExtractSettings(), align(face(a, scale, x, y)), BOX, FRAME) is None
    assert rejection(ExtractSettings(), align(without_order(face())), BOX, FRAME) is None


@given(st.floats(-59, 59), st.floats(5, 2000))
def test_a_good_face_passes_all_filters(angle: float, scale: float) -> None:
    assert rejection(EVERYTHING, align(face(angle, scale)), BOX, FRAME) is None


@pytest.mark.parametrize("size", [FRAME, FRAME[::-1]])
@pytest.mark.parametrize(
    ("least", "most", "by"),
    [
        (19.9, 20.1, None),
        (20.1, 0, "min_face"),
        (0, 19.9, "max_face"),
        (0, 0, None),
    ],
)
def test_size_is_the_longest_edge_in_percent_of_the_short_side(
    size: tuple[int, int], least: float, most: float, by: str | None
) -> None:
    settings = ExtractSettings(min_face=least, max_face=most)
    assert rejection(settings, align(face()), BOX, size) == by
    left, top, right, bottom = BOX
    assert rejection(settings, align(face()), (top, left, bottom, right), size) == by


@given(st.floats(1, 179), st.floats(-180, 180))
def test_roll_is_told_by_the_angle_either_way(most: float, angle: float) -> None:
    if abs(abs(angle) - most) < 0.01:
        return
    found = rejection(ExtractSettings(max_roll=most), align(face(angle)), BOX, FRAME)
    assert found == ("roll" if abs(angle) > most else None)


def test_misaligned_points_are_told_by_their_distance_from_the_mean_face() -> None:
    noisy = face() + np.random.default_rng(3).normal(0, 12, (68, 2))
    alignment = align(noisy)
    percent = 100 * alignment.misalignment
    assert 3 < percent < 20
    for most, by in ((percent + 0.1, None), (percent - 0.1, "misaligned")):
        assert rejection(ExtractSettings(max_misalignment=most), alignment, BOX, FRAME) == by


@given(st.floats(-180, 180))
def test_upside_down_means_points_in_disorder_and_not_a_tilted_head(angle: float) -> None:
    settings = ExtractSettings(upside_down=False)
    assert rejection(settings, align(face(angle)), BOX, FRAME) is None
    turn = math.radians(angle)
    matrix = np.array([[math.cos(turn), -math.sin(turn), 9], [math.sin(turn), math.cos(turn), 5]])
    disorder = transform(without_order(face()), matrix)
    assert rejection(settings, align(disorder), BOX, FRAME) == "upside_down"


def test_the_first_filter_names_the_rejection_and_each_has_words() -> None:
    small = (0.0, 0.0, 5.0, 5.0)
    assert rejection(EVERYTHING, align(without_order(face(170))), small, FRAME) == "min_face"
    assert {"min_face", "max_face", "misaligned", "roll", "upside_down"} <= set(REASONS)


def test_sizes_between_which_no_face_fits_are_refused() -> None:
    with pytest.raises(BadInput, match=r"min_face \(30 %\) is above max_face \(20 %\)"):
        check(ExtractSettings(min_face=30, max_face=20))
    for smallest, largest in ((30, 0), (20, 20), (0, 5)):
        check(ExtractSettings(min_face=smallest, max_face=largest))
