"""Points found more than once: which detections the aligner is given, and what is made of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.extract.detect import Detection
from engine.extract.refine import Refiner, jittered, upright
from engine.faces.geometry import MEAN_FACE, transform
from engine.faces.landmarks import Landmarks
from engine.settings import ExtractSettings

FRAME = np.zeros((4, 4, 3), np.uint8)
BOX = (100.0, 50.0, 300.0, 450.0)


def placed(angle: float) -> np.ndarray:
    """2x3 from the unit square into the frame."""
    c, s = 100 * math.cos(math.radians(angle)), 100 * math.sin(math.radians(angle))
    return np.array([[c, -s, 200], [s, c, 150]])


def face(angle: float = 0.0) -> np.ndarray:
    """(68, 2) of a mean face turned clockwise."""
    points = np.vstack([np.full((17, 2), 0.5), MEAN_FACE])
    return transform(points, placed(angle))


class Fake:
    """Lays a face's points on the middle of each box and notes what it was given."""

    name, shared, batch = "fake", True, 7

    def __init__(self, refuses: Sequence[int] = ()) -> None:
        self.calls: list[list[Detection]] = []
        self.begun: list[Path] = []
        self._refuses, self._count = refuses, -1

    def begin(self, medium: Path) -> None:
        self.begun.append(medium)

    def __call__(self, faces: Sequence[tuple[np.ndarray, Detection]]) -> list[Landmarks | None]:
        self.calls.append([detection for _, detection in faces])
        return [self._one(detection) for _, detection in faces]

    def _one(self, detection: Detection) -> Landmarks | None:
        self._count += 1
        if self._count in self._refuses:
            return None
        left, top, right, bottom = detection.box
        points = (face(20) + np.array([left + right, top + bottom]) / 2).astype(np.float32)
        return Landmarks(points, np.repeat(points[:1], 468, 0))


def refined(aligner: Fake, faces: int = 1, **settings: object) -> list[Landmarks | None]:
    boxes = [tuple(edge + 1000 * n for edge in BOX) for n in range(faces)]
    detections = [Detection(box, 0.9) for box in boxes]  # type: ignore[arg-type]
    return Refiner(ExtractSettings(**settings), aligner)([(FRAME, d) for d in detections])  # type: ignore[arg-type]


def test_without_refinement_the_aligner_is_asked_once_with_the_detection_itself() -> None:
    aligner = Fake()
    (landmarks,) = refined(aligner)
    assert aligner.calls == [[Detection(BOX, 0.9)]]
    assert landmarks is not None
    assert np.allclose(landmarks.points, face(20) + np.array([200, 250]), atol=1e-3)


def test_it_passes_for_the_aligner_and_tells_it_of_the_next_medium() -> None:
    aligner = Fake()
    refiner = Refiner(ExtractSettings(), aligner)
    assert (refiner.name, refiner.shared, refiner.batch) == ("fake", True, 7)
    refiner.begin(Path("a.mp4"))
    assert aligner.begun == [Path("a.mp4")]
    assert refiner([]) == []


def test_all_passes_of_all_faces_go_to_the_aligner_together_and_are_averaged() -> None:
    aligner = Fake()
    found = refined(aligner, faces=3, refeed=4)
    (given_,) = aligner.calls
    assert len(given_) == 15
    for number, landmarks in enumerate(found):
        boxes = np.array([d.box for d in given_[5 * number : 5 * number + 5]])
        middle = (boxes[:, :2] + boxes[:, 2:]).mean(0) / 2
        assert landmarks is not None
        assert landmarks.mesh is not None
        assert np.allclose(landmarks.points, face(20) + middle, atol=1e-3)
        assert np.allclose(landmarks.mesh, landmarks.points[0], atol=1e-3)


def test_a_pass_without_a_face_is_left_out_but_the_first_decides() -> None:
    (kept,) = refined(Fake(refuses=[1, 3]), refeed=3)
    aligner = Fake()
    refined(aligner, refeed=3)
    boxes = np.array([aligner.calls[0][n].box for n in (0, 2)])
    assert kept is not None
    middle = (boxes[:, :2] + boxes[:, 2:]).mean(0) / 2
    assert np.allclose(kept.points, face(20) + middle, atol=1e-3)
    assert refined(Fake(refuses=[0]), refeed=3, realign=True) == [None]


edge = st.floats(-500, 500)


@given(edge, edge, st.floats(1, 900), st.floats(1, 900), st.integers(1, 10))
def test_jitter_scales_and_moves_by_a_twentieth_at_most_and_is_the_same_again(
    left: float, top: float, wide: float, high: float, number: int
) -> None:
    before = Detection((left, top, left + wide, top + high), 0.5, turn=12.0)
    after = jittered(before, number)
    assert after == jittered(before, number)
    assert after != jittered(before, number + 1)
    assert (after.score, after.eyes, after.turn) == (0.5, None, 12.0)
    a, b = (np.array(d.box).reshape(2, 2) for d in (before, after))
    scale = np.ptp(b, 0) / np.ptp(a, 0)
    assert np.allclose(scale[0], scale[1])
    assert 0.949 < scale[0] < 1.051
    assert (np.abs(b.mean(0) - a.mean(0)) <= 0.0501 * np.ptp(a, 0) + 1e-6).all()


def test_jitter_of_the_first_pass_is_none() -> None:
    assert jittered(Detection(BOX, 0.5), 0) == Detection(BOX, 0.5)


@given(st.floats(-179, 179))
def test_realigning_sees_the_face_upright_with_a_square_around_it(angle: float) -> None:
    points = face(angle)
    again = upright(Detection(BOX, 0.7), points)
    assert again.score == 0.7
    assert again.turn == pytest.approx(-angle, abs=1e-3)
    assert again.eyes is not None
    assert np.allclose(again.eyes[0], points[36:42].mean(0), atol=1e-3)
    assert np.allclose(again.eyes[1], points[42:48].mean(0), atol=1e-3)
    left, top, right, bottom = again.box
    assert right - left == pytest.approx(bottom - top, abs=1e-3)
    assert right - left == pytest.approx(np.ptp(MEAN_FACE[:, 0]) * 100, abs=0.01)
    middle = (MEAN_FACE.min(0) + MEAN_FACE.max(0)) / 2
    expected = transform(middle[None], placed(angle))
    assert np.allclose([(left + right) / 2, (top + bottom) / 2], expected[0], atol=0.01)


def test_realigning_takes_the_second_pass_and_keeps_the_first_where_that_fails() -> None:
    aligner = Fake()
    (landmarks,) = refined(aligner, realign=True, refeed=1)
    assert [len(call) for call in aligner.calls] == [2, 2]
    again = aligner.calls[1][0]
    assert again.turn == pytest.approx(-20, abs=0.01)
    assert landmarks is not None
    first, second = refined(Fake(refuses=[2]), faces=2, realign=True)
    once = refined(Fake(), faces=2)
    assert first is not None
    assert second is not None
    assert once[0] is not None
    assert once[1] is not None
    assert np.array_equal(first.points, once[0].points)
    assert not np.array_equal(second.points, once[1].points)
