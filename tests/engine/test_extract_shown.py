"""What the engine says of faces to the interface: frame, region, mask, places in the crop."""

from __future__ import annotations

import base64
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rooms"))
from faces_project import BOX, POINTS, SIZE, add_faces, packed

from engine import curate
from engine.errors import BadInput
from engine.extract.shown import MASK_PX, frame_of, places_of
from engine.faces.geometry import crop_matrix
from engine.project import Project
from engine.store import Store
from fstui.model import shape as shapes


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    made = Project.create(tmp_workspace, "anna")
    add_faces(made, 3)
    return made


def mask_of(answer: dict) -> np.ndarray:
    data = zlib.decompress(base64.b64decode(answer["mask"]))
    return np.frombuffer(data, np.uint8).reshape(MASK_PX, MASK_PX)


def test_the_frame_comes_as_it_is_with_a_region_around_the_face(
    project: Project, tmp_path: Path
) -> None:
    answer = frame_of(project, 2, tmp_path)
    picture = cv2.imread(answer["path"])
    assert (answer["width"], answer["height"]) == SIZE == picture.shape[1::-1]
    assert np.abs(picture[0, 0].astype(int) - (160, 90, 30)).max() <= 3  # BGR of frame 2
    left, top, side = answer["region"]
    for x, y in [*POINTS, (BOX["left"], BOX["top"]), (BOX["right"], BOX["bottom"])]:
        assert left < x < left + side
        assert top < y < top + side
    mask = mask_of(answer)
    assert answer["mask_name"] == "extended"
    grow = MASK_PX / side
    x, y = ((p - o + 0.5) * grow for p, o in zip(POINTS[30], (left, top), strict=True))
    assert mask[int(y), int(x)] == 255, "the nose is inside"
    assert mask[0].max() == 0


def test_a_painted_mask_is_handed_out_as_it_was_painted(project: Project, tmp_path: Path) -> None:
    before = frame_of(project, 1, tmp_path)
    painted = shapes.painted(mask_of(before).tobytes(), [(20, 20), (90, 40)], 8, 255)
    packed_mask = (
        shapes.mask_png(painted),
        shapes.mask_matrix(tuple(before["region"])),
        MASK_PX,
    )
    with Store(project.db_path) as store:
        curate.edit(store, 1, curate.shape_of(store, 1)._replace(mask=packed_mask))
    after = frame_of(project, 1, tmp_path)
    assert after["mask_name"] == curate.PAINTED
    there = np.frombuffer(painted, np.uint8).reshape(MASK_PX, MASK_PX)
    assert np.abs(mask_of(after).astype(int) - there).max() <= 1


def test_places_are_where_the_crop_shows_the_points(project: Project) -> None:
    (place,) = places_of(project, [2, 99])
    to_crop = crop_matrix(np.array(POINTS, np.float32), 512)
    expected = np.array(POINTS) @ to_crop[:, :2].T + to_crop[:, 2]
    assert np.abs((np.array(place["points"]) * 512 - 0.5) - expected).max() < 0.6
    assert (place["id"], place["stale"], place["mask"]) == (2, False, "extended")
    (ring,) = place["outline"]
    nose = np.array([place["points"][30]], np.float32)[0]
    assert cv2.pointPolygonTest(np.array(ring, np.float32), nose.tolist(), False) > 0
    with Store(project.db_path) as store:
        curate.edit(store, 2, curate.shape_of(store, 2)._replace(points=packed(POINTS[::-1])))
    assert places_of(project, [2])[0]["stale"]


@pytest.mark.parametrize(
    ("wreck", "said"),
    [
        ("UPDATE media SET path = '/etc'", "is not among the footage"),
        ("UPDATE media SET path = '../x'", "is not among the footage"),
        ("UPDATE frame SET idx = 99 WHERE id = 1", "Frame 100 of shots can't be read"),
        ("DELETE FROM face WHERE id = 1", "extracted anew meanwhile"),
        ("UPDATE face SET points = x'00'", "extracted anew meanwhile"),
        ("UPDATE face SET points = CAST(zeroblob(540) || x'0000807f' AS BLOB)", "no numbers"),
    ],
)
def test_what_is_gone_is_one_sentence(
    project: Project, tmp_path: Path, wreck: str, said: str
) -> None:
    with Store(project.db_path) as store:
        store.rows(wreck)
    with pytest.raises(BadInput, match=said):
        frame_of(project, 1, tmp_path)


def test_points_that_are_no_numbers_have_no_place(project: Project) -> None:
    with Store(project.db_path) as store:
        store.set_face(1, points=packed([(float("nan"), 0.0)] * 68))
        store.set_face(2, points=packed([(5.0, 5.0)] * 68))
    assert [place["id"] for place in places_of(project, [1, 2, 3])] == [3]
