"""Likeness is measured on decoded frames of real footage; the figures say what they claim."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from clips import make_clip
from convert_project import landmarks

from engine.convert.identity import (
    Measured,
    Pair,
    Person,
    distance_to,
    measure,
    pictures,
    spread,
    summary,
)
from engine.faces.landmarks import Landmarks


def test_summary_counts_lost_faces_as_not_nearer() -> None:
    faces = [Measured(0, 0.5, 0.8), Measured(1, 0.9, 0.7), Measured(2, None, None)]
    told = summary([*faces, Measured(3, 0.6, 0.9)], 0.2)
    assert told.nearer_to_new == 0.5
    assert told.median_to_new == pytest.approx(0.6)
    assert told.median_to_replaced == pytest.approx(0.8)
    assert (told.median_within_new, told.faces_measured) == (0.2, 4)


def test_summary_of_nothing() -> None:
    assert summary([], None).nearer_to_new is None
    assert summary([Measured(0, None, None)], 0.2).nearer_to_new == 0.0


def test_spread_is_even_and_has_both_ends() -> None:
    assert spread(5, 8) == [0, 1, 2, 3, 4]
    assert spread(100, 5) == [0, 25, 50, 74, 99]


def test_pictures_picks_frames(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=20)
    assert [i for i, _ in pictures(clip, [3, 17, 99])] == [3, 17]
    assert list(pictures(clip, [])) == []


def test_a_face_that_is_gone_is_told(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=3, width=160, height=120, sound=())
    nobody = Person(np.zeros(128, np.float32), 0.0)
    face = Landmarks(landmarks(50, 40, 50), None)
    (told,) = measure(clip, {1: [face]}, [Pair(nobody, nobody)])
    assert told == Measured(1, None, None)


def test_real_people_are_told_apart(sample: Callable[[str], Path]) -> None:
    """The woman's frames are near the woman's mean and far from the man's."""
    from engine.extract.describe import Describer

    describe = Describer()
    people: dict[str, Person] = {}
    faces: dict[int, list[Landmarks]] = {}
    for name in ("woman", "man"):
        found = {
            index: describe([rgb])[0][0] for index, rgb in pictures(sample(name), range(0, 60, 12))
        }
        rows = [face.identity for face in found.values()]
        mean = np.stack([row for row in rows if row is not None]).mean(0)
        people[name] = Person(mean, 0.0)
        if name == "woman":
            faces = {i: [Landmarks(f.points, f.mesh)] for i, f in found.items()}
    measured = measure(sample("woman"), faces, [Pair(people["woman"], people["man"])])
    assert len(measured) == 5
    told = summary(measured, None)
    assert told.nearer_to_new == 1.0
    assert told.median_to_new is not None
    assert told.median_to_replaced is not None
    assert told.median_to_new < 0.4
    assert told.median_to_replaced > 0.6
    assert distance_to(people["woman"].mean, people["man"].mean) > 0.6
