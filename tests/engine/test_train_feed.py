"""Batches: each face once in a pass, begun anywhere, and paired with one of the other side."""

from __future__ import annotations

import numpy as np
import pytest

from engine.faces.geometry import INNER, MEAN_FACE
from engine.train import feed
from engine.train.cutting import Cut
from engine.train.data import Side

CUT = Cut(64, "legacy", 1.0, "none")


def side_of(count: int, first: int, seed: int) -> Side:
    """Crops whose every pixel is the face's number, on frontal landmarks."""
    crops = np.arange(first, first + 4 * count, dtype=np.uint8).reshape(count, 1, 1, 4)
    rng = np.random.default_rng(seed)
    landmarks = rng.normal(0.0, 2.0, (count, 68, 2)).astype(np.float32)
    landmarks[:, INNER] += 100.0 * MEAN_FACE
    return Side(crops, landmarks, CUT, str(seed))


SIDES = {"a": side_of(30, 0, 1), "b": side_of(26, 120, 2)}


def test_every_face_comes_once_in_each_pass() -> None:
    picked = np.concatenate([feed.chosen(10, 4, 1, i) for i in range(1, 6)])
    assert sorted(picked[:10]) == sorted(picked[10:]) == list(range(10))
    assert list(picked[:10]) != list(picked[10:])


@pytest.mark.parametrize("to_landmarks", [False, True])
def test_batches_begin_where_they_are_asked_to(to_landmarks: bool) -> None:
    running = feed.batches(SIDES, 3, 7, 1, to_landmarks=to_landmarks)
    for _ in range(4):
        next(running)
    fifth = next(running)
    assert fifth.crops.shape == (6, 1, 1, 4)
    assert fifth.points.shape == ((6, 2, 68, 2) if to_landmarks else (6, 0))
    again = next(feed.batches(SIDES, 3, 7, 5, to_landmarks=to_landmarks))
    for have, want in zip(fifth, again, strict=True):
        np.testing.assert_array_equal(have.numpy(), want.numpy())
    assert (fifth.crops.numpy()[:3, 0, 0, 0] < 120).all()
    assert (fifth.crops.numpy()[3:, 0, 0, 0] >= 120).all()


def test_a_side_whose_faces_changed_goes_on_with_those_there_are() -> None:
    for faces in (25, 30, 400):
        picked = [feed.chosen(faces, 4, 1, iteration) for iteration in range(1000, 1000 + faces)]
        counts = np.bincount(np.concatenate(picked), minlength=faces)
        assert len(counts) == faces
        assert set(counts.tolist()) <= {3, 4, 5}, "each face as often as every other"


def test_the_nearest_of_the_other_side_are_the_nearest() -> None:
    own, others = np.random.default_rng(1).normal(size=(2, 2100, 6)).astype(np.float32)
    others = others[:40]
    found = feed.nearest(own, others)
    assert found.shape == (2100, 10)
    for row in (0, 1023, 1024, 2099):
        distances = ((others - own[row]) ** 2).sum(axis=1)
        assert set(found[row].tolist()) == set(np.argsort(distances)[:10].tolist())


def test_a_face_is_paired_with_several_that_are_like_it() -> None:
    alike = feed.likeness(SIDES)
    aims: dict[int, set[int]] = {}
    for iteration in range(1, 200):
        made = feed.batch(SIDES, 4, 7, iteration, alike)
        for crop, (own, aim) in zip(made.crops[:4], made.points[:4], strict=True):
            face = int(crop[0, 0, 0]) // 4
            np.testing.assert_array_equal(own, SIDES["a"].points[face])
            other = np.flatnonzero((SIDES["b"].points == aim).all(axis=(1, 2)))
            assert other.size == 1
            aims.setdefault(face, set()).add(int(other[0]))
    for face, others in aims.items():
        assert others <= set(alike["a"][face].tolist())
        assert len(others) > 5
