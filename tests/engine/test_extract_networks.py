"""Detector, mesh and identity network on real frames."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.extract.describe import Describer, FaceFinder, FoundFace
from engine.extract.identify.dlib_resnet import Identifier, chip, distance
from engine.faces.geometry import invert, transform
from engine.media.read import Frame, read_frames
from engine.settings import ExtractSettings

Sample = Callable[[str], Path]


def frame_of(rgb: NDArray[np.uint8]) -> Frame:
    return Frame(0, 0, rgb)


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder(ExtractSettings())


@pytest.fixture(scope="module")
def describer() -> Describer:
    return Describer()


def picture(sample: Sample, key: str) -> np.ndarray:
    return next(read_frames(sample(key))).rgb


def test_five_people_are_five_faces(sample: Sample, finder: FaceFinder) -> None:
    rgb = picture(sample, "five-faces")
    faces = finder.find([frame_of(rgb)])[0]
    assert len(faces) == 5
    for face in faces:
        left, top, right, bottom = face.box
        middle = face.points.mean(0)
        assert left < middle[0] < right
        assert top < middle[1] < bottom
        assert face.mesh is not None
        assert face.mesh.shape == (468, 2)
    assert [f.score for f in faces] == sorted((f.score for f in faces), reverse=True)


def test_pose_of_a_head_that_is_turned_45_degrees(sample: Sample, finder: FaceFinder) -> None:
    (face,) = finder.find([frame_of(picture(sample, "face-at-45-degrees"))])[0]
    assert 35 < abs(face.pose[0]) < 50
    assert abs(face.pose[2]) < 12


@pytest.mark.parametrize("turn", [-30, 30])
def test_landmarks_turn_with_the_picture(sample: Sample, finder: FaceFinder, turn: int) -> None:
    rgb = picture(sample, "man")
    height, width = rgb.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1.0)
    (upright,) = finder.find([frame_of(rgb)])[0]
    (turned,) = finder.find([frame_of(cv2.warpAffine(rgb, matrix, (width, height)))])[0]
    expected = transform(upright.points, matrix)
    error = np.linalg.norm(turned.points - expected, axis=1).mean()
    assert error < 0.02 * upright.alignment.size
    assert turned.pose[2] - upright.pose[2] == pytest.approx(-turn, abs=3)


def test_mirrored_picture_mirrors_yaw_and_points(sample: Sample, finder: FaceFinder) -> None:
    rgb = picture(sample, "face-at-45-degrees")
    (one,) = finder.find([frame_of(rgb)])[0]
    (other,) = finder.find([frame_of(np.ascontiguousarray(rgb[:, ::-1]))])[0]
    assert other.pose[0] == pytest.approx(-one.pose[0], abs=4)
    eye = rgb.shape[1] - 1 - one.points[36, 0]
    assert other.points[45, 0] == pytest.approx(eye, abs=0.03 * one.alignment.size)


@pytest.mark.parametrize("factor", [0.35, 3.0])
def test_the_same_face_at_another_size(sample: Sample, finder: FaceFinder, factor: float) -> None:
    rgb = picture(sample, "man")
    (small,) = finder.find([frame_of(cv2.resize(rgb, None, fx=factor, fy=factor))])[0]
    (plain,) = finder.find([frame_of(rgb)])[0]
    expected = (plain.points + 0.5) * factor - 0.5
    error = np.linalg.norm(small.points - expected, axis=1).mean()
    assert error < 0.02 * small.alignment.size


def test_a_crop_shows_the_face_where_its_points_say(sample: Sample, finder: FaceFinder) -> None:
    rgb = picture(sample, "man")
    (face,) = finder.find([frame_of(rgb)])[0]
    assert face.crop.shape == (512, 512, 3)
    back = invert(face.alignment.crop_matrix(512))
    for where in ((256, 256), (200, 300), (330, 220)):
        x, y = np.rint(transform(np.array([where], float), back)[0]).astype(int)
        seen, source = (
            face.crop[where[1] - 4 : where[1] + 5, where[0] - 4 : where[0] + 5],
            rgb[y - 2 : y + 3, x - 2 : x + 3],
        )
        assert np.abs(seen.mean((0, 1)) - source.mean((0, 1))).max() < 12


def test_odd_frames_give_no_face_and_no_error(finder: FaceFinder) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (90, 130, 3), np.uint8)
    for rgb in (noise, noise[:1], noise[:, :1], np.zeros((2000, 3, 3), np.uint8), noise[:2, :2]):
        assert finder.find([frame_of(np.ascontiguousarray(rgb))]) == [[]]


def faces_of(describer: Describer, path: Path, step: int) -> list[FoundFace]:
    frames = [f.rgb for f in read_frames(path, step=step)]
    return [face for found in describer(frames) for face in found]


def identities(faces: list[FoundFace]) -> np.ndarray:
    return np.stack([f.identity for f in faces if f.identity is not None])


def test_identity_tells_the_people_apart(sample: Sample, describer: Describer) -> None:
    woman = identities(faces_of(describer, sample("woman"), 59))
    man = identities(faces_of(describer, sample("man"), 18))
    other = identities(faces_of(describer, sample("second-man"), 40))
    assert woman.shape == (8, 128)

    def between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return distance(a[:, None], b[None])

    assert np.median(distance(woman, woman.mean(0))) < 0.35
    assert np.median(between(man, man)) < 0.3
    for a, b in ((woman, man), (woman, other), (man, other)):
        assert between(a, b).min() > 0.6


def test_identity_does_not_depend_on_the_batch(sample: Sample) -> None:
    finder, identifier = FaceFinder(ExtractSettings()), Identifier()
    rgb = picture(sample, "five-faces")
    chips = [chip(rgb, f.points) for f in finder.find([frame_of(rgb)])[0]]
    together = identifier.embed_chips(chips)
    alone = np.concatenate([identifier.embed_chips([c]) for c in chips])
    many = identifier.embed_chips(chips * 4)
    assert np.allclose(together, alone, atol=1e-4)
    assert np.allclose(many[-5:], together, atol=1e-4)
    assert identifier.embed_chips([]).shape == (0, 128)


def test_identity_agrees_with_dlib_where_it_is_installed(sample: Sample) -> None:
    dlib = pytest.importorskip("dlib")
    from engine import packs

    rgb = picture(sample, "five-faces")
    chips = [chip(rgb, f.points) for f in FaceFinder(ExtractSettings()).find([frame_of(rgb)])[0]]
    model = dlib.face_recognition_model_v1(str(packs.find("dlib-resnet")))
    theirs = np.array([model.compute_face_descriptor(c) for c in chips])
    assert np.abs(theirs - Identifier().embed_chips(chips)).max() < 1e-4
