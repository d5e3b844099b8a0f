"""Faces in turned frames: where they are told to be."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import BadInput
from engine.extract.detect import Detection
from engine.extract.turned import angles, find_turned, turn
from engine.faces.geometry import invert, transform
from engine.media.read import Frame

degrees = st.one_of(st.sampled_from([90.0, 180.0, 270.0]), st.floats(0.5, 359.5))
sizes = st.tuples(st.integers(2, 300), st.integers(2, 300))


def test_a_step_or_a_list() -> None:
    assert angles("") == ()
    assert angles("90") == (90, 180, 270)
    assert angles("90, 270") == (90, 270)
    assert angles("-45,45") == (315, 45)
    assert angles("200") == (200,)
    for text in ("x", "0", "90,360", "nan", "5", "90;180"):
        with pytest.raises(BadInput):
            angles(text)


@settings(max_examples=60, deadline=None)
@given(sizes, degrees, st.data())
def test_every_pixel_of_the_frame_is_in_the_turned_one(
    size: tuple[int, int], angle: float, data: st.DataObject
) -> None:
    width, height = size
    turned, matrix = turn(np.zeros((height, width, 3), np.uint8), angle)
    corners = np.array([[-0.5, -0.5], [width - 0.5, height - 0.5], [-0.5, height - 0.5]])
    inside = transform(corners, matrix)
    assert inside.min() >= -0.501
    assert (inside.max(0) <= np.array(turned.shape[1::-1]) - 0.499).all()
    place = data.draw(st.tuples(st.integers(0, width - 1), st.integers(0, height - 1)))
    there = transform(np.array([place], float), matrix)
    back = transform(there, invert(matrix))
    assert np.abs(back - place).max() < 1e-3


@given(sizes, st.sampled_from([90, 180, 270]), st.data())
def test_a_quarter_turn_moves_pixels_exactly(
    size: tuple[int, int], angle: int, data: st.DataObject
) -> None:
    width, height = size
    x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[y, x] = 255
    turned, matrix = turn(rgb, angle)
    (place,) = np.argwhere(turned[..., 0] == 255)
    assert tuple(place[::-1]) == pytest.approx(tuple(transform(np.array([[x, y]]), matrix)[0]))


@pytest.mark.parametrize("angle", [30, 133.7, 300])
def test_another_turn_shows_a_spot_where_its_matrix_says(angle: float) -> None:
    rgb = np.zeros((80, 120, 3), np.uint8)
    rgb[20:23, 90:93] = 255
    turned, matrix = turn(cv2.GaussianBlur(rgb, (0, 0), 2), angle)
    weight = turned[..., 0].astype(float)
    y, x = np.indices(weight.shape)
    seen = np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()
    assert seen == pytest.approx(transform(np.array([[91, 21]]), matrix)[0], abs=0.1)


@settings(max_examples=60, deadline=None)
@given(degrees, st.floats(20, 150), st.floats(20, 150), st.floats(5, 80), st.floats(5, 80))
def test_what_is_found_in_a_turned_frame_is_told_in_the_frames_pixels(
    angle: float, x: float, y: float, width: float, height: float
) -> None:
    """The detector finds known points of the frame in the turned one; they come back the same."""
    frame = Frame(0, 0, np.zeros((180, 200, 3), np.uint8))
    eyes = np.array([[x - width / 4, y], [x + width / 4, y]])
    points = np.linspace((x, y), (x + width, y + height), 68)
    _, matrix = turn(frame.rgb, angle)

    def detect(frames: Sequence[Frame]) -> list[list[Detection]]:
        (centre,) = transform(np.array([[x, y]]), matrix).astype(float)
        half = np.array([width, height]) / 2
        box = (*(centre - half), *(centre + half))
        a, b = (tuple(p) for p in transform(eyes, matrix).tolist())
        return [[Detection(box, 0.9, (a, b), points=transform(points, matrix))] for _ in frames]

    (face,) = find_turned(detect, frame, [angle])
    assert face.turn == angle
    assert np.abs(np.array(face.eyes) - eyes).max() < 1e-3
    assert face.points is not None
    assert np.abs(face.points - points).max() < 1e-3
    left, top, right, bottom = face.box
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((x, y), abs=1e-3)
    assert (right - left) * (bottom - top) == pytest.approx(width * height, rel=1e-3)
    if angle in (90, 270):
        assert (right - left, bottom - top) == pytest.approx((height, width), abs=1e-3)


def test_the_surest_angle_counts_and_of_equals_the_first() -> None:
    frame = Frame(0, 0, np.zeros((30, 60, 3), np.uint8))

    def detect(frames: Sequence[Frame]) -> list[list[Detection]]:
        assert [f.rgb.shape for f in frames] == [(60, 30, 3), (30, 60, 3), (60, 30, 3)]
        return [[], [Detection((0, 0, 9, 9), 0.9)], [Detection((0, 0, 5, 5), 0.6)]]

    (face,) = find_turned(detect, frame, (90, 180, 270))
    assert face.turn == 180
    assert face.box == pytest.approx((50, 20, 59, 29))
    assert face.eye_line == pytest.approx([-1, 0])
    same = find_turned(lambda f: [[Detection((0, 0, 9, 9), 0.9)] for _ in f], frame, (180, 90))
    assert [face.turn for face in same] == [180]
    assert find_turned(lambda f: [[] for _ in f], frame, (90,)) == []
    assert find_turned(detect, frame, ()) == []
