"""Aligners on real faces: the mesh, dlib, points from a file; refined and smoothed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from benchmarks.faces import shifted
from engine import packs
from engine.errors import BadInput, NotPossible
from engine.extract.align import dlib68, file, mesh
from engine.extract.detect import Detection
from engine.extract.detect.fullrange import Detector
from engine.extract.networks import network
from engine.extract.refine import Refiner
from engine.faces.geometry import align, transform
from engine.faces.smooth import jitter, smooth, tracks
from engine.media.read import Frame, read_frames
from engine.settings import ExtractSettings

Sample = Callable[[str], Path]


def error(points: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Mean distance in percent of that between the outer corners of the eyes: of all 68 points,
    and of eyes, nose and mouth, which the mesh defines as iBUG does."""
    distance = np.linalg.norm(points - truth, axis=1)
    percent = 100 * distance / np.linalg.norm(truth[36] - truth[45])
    return float(percent.mean()), float(percent[27:].mean())


@pytest.mark.parametrize(
    ("aligner", "settings", "all_points", "inner"),
    [
        ("mesh", {}, 8.8, 5.3),
        ("mesh", {"refeed": 4}, 9.0, 5.7),
        ("mesh", {"realign": True}, 7.0, 3.8),
        ("mesh", {"normalise": "hist"}, 7.5, 3.9),
        ("dlib68", {}, 4.1, 2.3),
        ("dlib68", {"refeed": 4}, 3.9, 2.2),
        ("dlib68", {"realign": True}, 4.6, 2.6),
        ("dlib68", {"refeed": 4, "realign": True}, 4.0, 2.4),
        ("dlib68", {"normalise": "hist"}, 3.7, 2.3),
    ],
)
def test_landmark_error_on_the_annotated_picture(
    sample: Sample, aligner: str, settings: dict, all_points: float, inner: float
) -> None:
    if aligner == "dlib68":
        pytest.importorskip("dlib")
        packs.fetch(["dlib-68"])
    labelled = json.loads(sample("annotated-points").read_text())["groups"]["LJSON"]
    truth = np.array(labelled["landmarks"]["points"])[:, ::-1]
    frame = next(read_frames(sample("annotated")))
    ((detection,),) = Detector(ExtractSettings())([frame])
    chosen = ExtractSettings(**settings)
    refiner = Refiner(chosen, network("align", aligner).Aligner(chosen))
    found = refiner([(frame.rgb, moved) for moved in shifted(detection)])
    errors = [error(landmarks.points, truth) for landmarks in found if landmarks is not None]
    assert len(errors) == len(found)
    assert np.median(errors, axis=0) == pytest.approx((all_points, inner), abs=0.4)


def test_smoothing_steadies_a_real_face_and_leaves_it_where_it_is(sample: Sample) -> None:
    settings = ExtractSettings()
    detect, lay = Detector(settings), mesh.Aligner(settings)
    points, boxes = [], []
    for frame in islice(read_frames(sample("woman")), 60):
        ((detection, *_),) = detect([frame])
        (landmarks,) = lay([(frame.rgb, detection)])
        assert landmarks is not None
        points.append(landmarks.points)
        boxes.append(detection.box)
    assert set(tracks(range(60), boxes, [None] * 60).tolist()) == {0}
    found = np.stack(points)
    sizes = np.array([align(p).size for p in found])
    for radius, share in ((1, 0.5), (3, 0.45), (7, 0.3)):
        steady = smooth(found, np.arange(60), radius)
        assert jitter(steady, sizes) < share * jitter(found, sizes)
        moved = 100 * np.linalg.norm(steady - found, axis=2) / sizes[:, None]
        assert moved.mean() < 0.5
        assert moved.max() < 4


def test_dlib_agrees_with_the_mesh_on_eyes_nose_and_mouth(sample: Sample) -> None:
    pytest.importorskip("dlib")

    packs.fetch(["dlib-68"])
    settings = ExtractSettings()
    frame = next(read_frames(sample("man")))
    ((detection, *_),) = Detector(settings)([frame])
    (theirs,) = dlib68.Aligner(settings)([(frame.rgb, detection)])
    (ours,) = mesh.Aligner(settings)([(frame.rgb, detection)])
    assert theirs is not None
    assert ours is not None
    between_eyes = np.linalg.norm(ours.points[36] - ours.points[45])
    apart = np.linalg.norm(theirs.points - ours.points, axis=1) / between_eyes
    assert apart[27:].mean() < 0.045
    assert theirs.mesh is None


@pytest.mark.parametrize("turn", [90, 180])
def test_dlib_sees_a_turned_face_upright(sample: Sample, turn: int) -> None:
    pytest.importorskip("dlib")

    packs.fetch(["dlib-68"])
    rgb = next(read_frames(sample("man"))).rgb
    aligner = dlib68.Aligner(ExtractSettings())
    ((upright, *_),) = Detector(ExtractSettings())([Frame(0, 0, rgb)])
    (expected,) = aligner([(rgb, upright)])
    turned = np.ascontiguousarray(np.rot90(rgb, turn // 90))  # counter-clockwise
    height, width = rgb.shape[:2]
    matrix = {
        90: np.array([[0.0, 1, 0], [-1, 0, width - 1]]),
        180: np.array([[-1.0, 0, width - 1], [0, -1, height - 1]]),
    }[turn]
    corners = transform(np.array(upright.box).reshape(2, 2), matrix)
    (left, top), (right, bottom) = corners.min(0).tolist(), corners.max(0).tolist()
    (found,) = aligner([(turned, Detection((left, top, right, bottom), 0.9, turn=turn))])
    assert expected is not None
    assert found is not None
    error = np.linalg.norm(found.points - transform(expected.points, matrix), axis=1)
    assert error.mean() < 0.02 * np.ptp(expected.points[:, 0])


def test_dlib_that_is_not_installed_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(NotPossible, match=r"fstui\[dlib\]"):
        dlib68.Aligner(ExtractSettings())


def test_points_of_a_file_are_taken_as_they_are() -> None:
    frame = np.zeros((4, 4, 3), np.uint8)
    points = np.arange(136.0).reshape(68, 2)
    aligner = file.Aligner(ExtractSettings(faces_file="faces.json"))
    with_points = Detection((0, 0, 9, 9), 1.0, points=points)
    found, none = aligner([(frame, with_points), (frame, Detection((0, 0, 9, 9), 1.0))])
    assert none is None
    assert found is not None
    assert np.array_equal(found.points, points)
    assert found.points.dtype == np.float32
    with pytest.raises(BadInput, match="faces_file"):
        file.Aligner(ExtractSettings())


def test_what_the_mesh_sees_is_evened_out(sample: Sample) -> None:

    frame = next(read_frames(sample("man")))
    ((detection, *_),) = Detector(ExtractSettings())([frame])
    dark = frame.rgb // 10
    (clear,) = mesh.Aligner(ExtractSettings())([(frame.rgb, detection)])
    (plain,) = mesh.Aligner(ExtractSettings(presence=0.0))([(dark, detection)])
    (evened,) = mesh.Aligner(ExtractSettings(presence=0.0, normalise="mean"))([(dark, detection)])
    assert clear is not None
    assert plain is not None
    assert evened is not None
    errors = [np.linalg.norm(e.points - clear.points, axis=1).mean() for e in (plain, evened)]
    assert errors[1] < 0.5 * errors[0]
