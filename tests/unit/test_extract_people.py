"""The filter by reference pictures: who is kept, which pictures are refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from test_interop_formats import header

from engine.errors import BadInput, Damaged
from engine.extract.people import PersonFilter
from engine.interop import png
from engine.project import Project
from engine.settings import ExtractSettings

DISTANCE = 0.9
"""Between the two people of these tests."""


def person(which: int) -> np.ndarray:
    identity = np.zeros(128, np.float32)
    identity[which] = DISTANCE / np.sqrt(2)
    return identity


def describe(frames: Sequence[np.ndarray]) -> list[list[Any]]:
    """As many faces as the picture's first pixel says, of the persons that follow it."""
    return [
        [SimpleNamespace(identity=person(int(p))) for p in rgb[0, 1 : 1 + rgb[0, 0, 0], 0]]
        for rgb in frames
    ]


def picture(path: Path, *people: int) -> Path:
    rgb = np.zeros((4, 8, 3), np.uint8)
    rgb[0, : len(people) + 1] = np.array([len(people), *people])[:, None]
    path.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(path), rgb)
    return path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path, "anna")


def made(project: Project, **settings: Any) -> PersonFilter:
    return PersonFilter(ExtractSettings(**settings), project, describe)


def test_the_wanted_are_kept_and_the_unwanted_rejected(project: Project) -> None:
    picture(project.path / "ann.png", 1)
    picture(project.path / "others" / "1.png", 2)
    picture(project.path / "others" / "2.png", 3, 4)
    wanted = made(project, filter="ann.png")
    assert [wanted.rejection(person(n)) for n in (1, 2)] == [None, "filter"]
    unwanted = made(project, nfilter="others")
    assert [unwanted.rejection(person(n)) for n in (1, 2, 3, 4)] == [None, *["nfilter"] * 3]
    both = made(project, filter="ann.png", nfilter="others")
    assert [both.rejection(person(n)) for n in (1, 4, 5)] == [None, "nfilter", "filter"]
    assert both.rejection(None) is None


@pytest.mark.parametrize(("threshold", "reason"), [(0.3, "filter"), (0.5, None)])
def test_the_threshold_decides(project: Project, threshold: float, reason: str | None) -> None:
    picture(project.path / "ann.png", 1)
    near = person(1)
    near[9] = 0.4
    assert made(project, filter="ann.png", threshold=threshold).rejection(near) == reason


def test_pictures_that_tell_nothing_are_refused_by_name(project: Project) -> None:
    picture(project.path / "empty.png")
    picture(project.path / "two.png", 1, 2)
    (project.path / "torn.jpg").write_bytes(b"\xff\xd8no")
    for words in ({"filter": "empty.png"}, {"nfilter": "empty.png"}, {"filter": "two.png"}):
        with pytest.raises(BadInput, match=r"(empty|two)\.png shows"):
            made(project, **words)
    with pytest.raises(BadInput, match=r"torn\.jpg"):
        made(project, filter="torn.jpg")


def test_a_picture_in_both_is_refused_under_any_name(project: Project) -> None:
    picture(project.path / "ann.png", 1)
    picture(project.path / "bad" / "copy.png", 1)
    with pytest.raises(BadInput, match=r"copy\.png is the same picture as ann\.png"):
        made(project, filter="ann.png", nfilter="bad")


def test_paths_from_outside_are_refused(project: Project, tmp_path: Path) -> None:
    outside = picture(tmp_path / "elsewhere.png", 1)
    (project.path / "link.png").symlink_to(outside)
    (project.path / "hollow").mkdir()
    for name in (str(outside), "../elsewhere.png", "link.png", "hollow", "none.png"):
        with pytest.raises(BadInput):
            made(project, filter=name)


def test_the_embedding_of_a_face_png_is_used_as_it_is(project: Project) -> None:
    data = cv2.imencode(".png", np.zeros((4, 8, 3), np.uint8))[1].tobytes()  # shows no face
    head = png.parse(header())
    assert head.face is not None
    head.face.identity = {"dlib-resnet": person(1)}
    png.write(project.path / "ann.png", data, head)
    assert made(project, filter="ann.png").rejection(person(1)) is None
    assert made(project, filter="ann.png").rejection(person(2)) == "filter"
    head.face.identity = {"another": person(1)}
    png.write(project.path / "other.png", data, head)
    with pytest.raises(BadInput, match="shows no face"):
        made(project, filter="other.png")
    torn = (project.path / "ann.png").read_bytes()[:60]
    (project.path / "torn.png").write_bytes(torn)
    with pytest.raises((BadInput, Damaged), match=r"torn\.png"):
        made(project, filter="torn.png")
