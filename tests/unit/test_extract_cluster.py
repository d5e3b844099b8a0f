"""Faces into people: planted groups are found again, whatever their order."""

from __future__ import annotations

import time
from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.extract import cluster as module
from engine.extract.cluster import cluster

THRESHOLD = 0.5


def blobs(sizes: list[int], seed: int, spread: float = 0.15) -> tuple[NDArray, NDArray]:
    """Vectors (n, 128) around centres about 0.9 apart, and whose each is, shuffled."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(len(sizes), 128)) * 0.64 / np.sqrt(128)
    whose = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    noise = rng.normal(size=(len(whose), 128)) * spread / np.sqrt(128)
    return (centres[whose] + noise).astype(np.float32), whose


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=8), st.integers(0, 999))
def test_planted_people_are_found_by_size(sizes: list[int], seed: int) -> None:
    vectors, whose = blobs(sizes, seed)
    labels, representatives = cluster(vectors, None, THRESHOLD)
    pairs = set(zip(whose.tolist(), labels.tolist(), strict=True))
    assert len(pairs) == len(sizes) == len(representatives)
    found = [Counter(labels.tolist())[n] for n in range(len(sizes))]
    assert found == sorted(sizes, reverse=True)
    assert labels[representatives].tolist() == list(range(len(sizes)))


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 999))
def test_the_same_faces_give_the_same_people_in_any_order(seed: int) -> None:
    vectors, _ = blobs([9, 5, 2], seed)
    order = np.random.default_rng(seed).permutation(len(vectors))
    labels = cluster(vectors, None, THRESHOLD).labels
    assert (cluster(vectors[order], None, THRESHOLD).labels == labels[order]).all()


def test_a_track_stays_together() -> None:
    vectors, whose = blobs([4, 4], 1)
    vectors[0] += 2.0  # one bad frame of a track
    alone = cluster(vectors, None, THRESHOLD).labels
    assert len(set(alone.tolist())) == 3
    vectors, whose = blobs([40, 40], 1)
    vectors[0] += 0.05
    labels = cluster(vectors, whose, THRESHOLD).labels
    assert len(set(zip(whose.tolist(), labels.tolist(), strict=True))) == 2


def test_one_like_no_other_is_a_person() -> None:
    vectors, _ = blobs([5, 1], 3)
    assert np.bincount(cluster(vectors, None, THRESHOLD).labels).tolist() == [5, 1]


def test_no_faces_are_nobody() -> None:
    labels, representatives = cluster(np.zeros((0, 128), np.float32), None, THRESHOLD)
    assert len(labels) == len(representatives) == 0


def test_a_good_face_stands_for_a_person_where_there_is_one() -> None:
    vectors, whose = blobs([8, 3], 5)
    good = np.zeros(11, np.bool_)
    good[np.flatnonzero(whose == 0)[-1]] = True
    first, second = cluster(vectors, None, THRESHOLD, good).representatives
    assert good[first]
    assert whose[second] == 1


def test_a_large_take_takes_seconds() -> None:
    vectors, whose = blobs([100] * 200, 7)
    start = time.process_time()
    labels, _ = cluster(vectors, None, THRESHOLD)
    assert time.process_time() - start < 20.0
    assert len(set(zip(whose.tolist(), labels.tolist(), strict=True))) == 200


def test_too_many_pieces_for_linkage_are_joined_coarsely(monkeypatch) -> None:
    monkeypatch.setattr(module, "MOST", 4)
    vectors, whose = blobs([20] * 3, 9, spread=0.24)
    assert len(cluster(vectors, None, 0.05).representatives) == 60  # over MOST: left as they are
    labels, _ = cluster(vectors, None, THRESHOLD)
    assert len(set(zip(whose.tolist(), labels.tolist(), strict=True))) == 3
