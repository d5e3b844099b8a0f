"""The detectors beside the default one: on real frames, and on outputs with a known answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.errors import BadInput
from engine.extract.detect import Detection, file, fullrange, mtcnn
from engine.extract.turned import angles, find_turned, turn
from engine.media.read import Frame, read_frames
from engine.settings import ExtractSettings

Sample = Callable[[str], Path]
SETTINGS = ExtractSettings()


def middle(face: Detection) -> np.ndarray:
    left, top, right, bottom = face.box
    return np.array([left + right, top + bottom]) / 2


@pytest.fixture(scope="module")
def woman(sample: Sample) -> list[Frame]:
    return list(read_frames(sample("woman"), step=200))


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_a_face_in_a_frame_that_lies_is_found_by_turning_it(woman: list[Frame], angle: int) -> None:
    detect = fullrange.Detector(SETTINGS)
    ((upright,),) = detect(woman[:1])
    lying, _ = turn(woman[0].rgb, angle)
    (face,) = find_turned(detect, Frame(0, 0, lying), angles("90"))
    (expected,) = find_turned(lambda _: [[upright]], Frame(0, 0, lying), [360 - angle])
    assert face.turn == 360 - angle
    assert np.abs(np.subtract(face.box, expected.box)).max() < 3
    assert face.eyes is not None
    assert np.abs(np.subtract(face.eyes, expected.eyes)).max() < 3


def test_mtcnn_agrees_with_the_default_detector(sample: Sample, woman: list[Frame]) -> None:
    detect = mtcnn.Detector(ExtractSettings(confidence=0.8))
    (five,) = [Frame(0, 0, next(read_frames(sample("five-faces"))).rgb)]
    black = Frame(0, 0, np.zeros((90, 130, 3), np.uint8))
    tiny = Frame(0, 0, np.zeros((1, 7, 3), np.uint8))
    found = detect([*woman, black, five, tiny])
    expected = fullrange.Detector(SETTINGS)([*woman, black, five, tiny])
    assert [len(f) for f in found] == [len(f) for f in expected] == [1, 1, 1, 0, 5, 0]
    for ours, theirs in zip(found[:3], expected[:3], strict=True):
        assert ours[0].eyes is not None
        assert theirs[0].eyes is not None
        apart = np.linalg.norm(theirs[0].eye_line)
        assert np.abs(np.subtract(ours[0].eyes, theirs[0].eyes)).max() < 0.12 * apart
    scores = [f.score for f in found[4]]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] >= 0.8
    for face in found[4]:
        nearest = min(np.linalg.norm(middle(face) - middle(f)) for f in expected[4])
        assert nearest < 0.2 * (face.box[2] - face.box[0])


def test_mtcnn_finds_the_same_face_in_a_larger_frame(woman: list[Frame]) -> None:
    detect = mtcnn.Detector(SETTINGS)
    large = Frame(0, 0, np.repeat(np.repeat(woman[0].rgb, 3, 0), 3, 1))
    ((one,),) = detect(woman[:1])
    ((other,),) = detect([large])
    assert np.array(other.box) == pytest.approx(np.array(one.box) * 3, abs=9)


def faces_file(folder: Path, name: str) -> ExtractSettings:
    points = np.column_stack([np.linspace(10, 50, 68), np.linspace(20, 90, 68)]).tolist()
    data = {
        f"{name}_000001.mp4": [{"detected": [5, 6, 70, 80]}, {"landmarks_2d": points}],
        f"{name}_000003.png": [{"detected": [1, 2, 30, 40], "landmarks_2d": points}],
        "another_000001.mp4": [{"detected": [0, 0, 9, 9]}],
    }
    path = folder / "faces.json"
    path.write_text(json.dumps(data))
    return ExtractSettings(detector="file", faces_file=str(path))


def test_a_file_tells_the_faces_of_its_frames(tmp_path: Path, sample: Sample) -> None:
    medium = sample("woman")
    detect = file.Detector(faces_file(tmp_path, medium.stem))
    detect.begin(medium)
    rgb = np.zeros((9, 9, 3), np.uint8)
    first, second, third = detect([Frame(i, 0, rgb) for i in range(3)])
    assert [f.box for f in first] == [(5, 6, 70, 80), (10, 20, 50, 90)]
    assert first[0].points is None
    assert first[1].points is not None
    assert first[1].points.shape == (68, 2)
    assert second == []
    assert third[0].box == (1, 2, 30, 40)
    with pytest.raises(BadInput, match=r"no frame of single_face.mp4: .*'single_face_000001.mp4'"):
        detect.begin(sample("man"))


def test_what_a_file_must_have(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="faces_file"):
        file.Detector(SETTINGS)
    path = tmp_path / "bad.json"
    for text, words in {
        "{": "no JSON",
        '{"a": [{}]}': "neither box nor 68 landmarks",
        '{"a": [{"detected": [5, 5, 1, 1]}]}': "without an inside",
        '{"a": 3}': "without a list of faces",
    }.items():
        path.write_text(text)
        with pytest.raises(BadInput, match=words):
            file.Detector(ExtractSettings(faces_file=str(path)))
    with pytest.raises(BadInput, match="Nothing is at"):
        file.Detector(ExtractSettings(faces_file=str(tmp_path / "gone.json")))
