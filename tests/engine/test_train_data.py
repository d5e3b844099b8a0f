"""The training faces: cutting, masks, the cache and its key, the order of batches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from train_project import add_faces, drawn_face, landmarks, new_project

from engine.errors import BadInput, NothingToDo
from engine.faces.crops import cut
from engine.faces.geometry import align, crop_matrix, transform, warp
from engine.faces.masks import pack
from engine.project import Project
from engine.store import Store
from engine.tables import Face
from engine.train import cutting, data
from engine.train.cutting import Cut

CUT = Cut(64, "face", 0.875, "extended")


def silent(_done: int, _total: int) -> None:
    """No progress wanted."""


def face_with(points: np.ndarray) -> Face:
    blank = dict.fromkeys(Face._fields)
    return Face(**{**blank, "points": points.tobytes(), "crop_size": 512})


@pytest.mark.parametrize("centring", ["face", "head", "legacy"])
def test_a_piece_is_what_a_cut_out_of_the_frame_is(centring: str) -> None:
    points = landmarks(np.random.default_rng(4))
    frame = drawn_face(points, (200, 160, 140))
    wanted = Cut(64, centring, 0.875, "extended")
    got = cutting.piece(cut(frame, align(points), 512), face_with(points), wanted)
    assert got.shape == (80, 80, 4)
    straight = warp(frame, crop_matrix(points, 64, centring, 0.875), 64)
    inner = got[8:72, 8:72, :3].astype(int)
    assert np.abs(inner - straight.astype(int)).mean() < 4.0


def test_the_mask_lies_on_the_face() -> None:
    points = landmarks(np.random.default_rng(4))
    frame = drawn_face(points, (200, 160, 140))
    got = cutting.piece(cut(frame, align(points), 512), face_with(points), CUT)
    mask = got[..., 3]
    x, y = transform(points[30:31], crop_matrix(points, 64, "face", 0.875))[0] + 8
    assert mask[round(float(y)), round(float(x))] == 255
    assert mask[0, 0] == mask[-1, 0] == 0
    assert got[..., 0][mask == 255].mean() > 150  # skin
    everything = cutting.piece(
        cut(frame, align(points), 512), face_with(points), Cut(64, "face", 1, "none")
    )
    assert (everything[..., 3] == 255).all()


def test_the_cache_is_kept_and_built_again_when_faces_change(tmp_workspace: Path) -> None:
    project = new_project(tmp_workspace)
    seen: list[int] = []
    first = data.load(project, "a", CUT, lambda done, _: seen.append(done)).crops
    assert first.shape == (30, 80, 80, 4)
    assert first.dtype == np.uint8
    assert seen == list(range(1, 31))
    folder = project.path / "model" / "cache"
    names = {p.name for p in folder.iterdir()}
    data.load(project, "a", CUT, lambda *_: pytest.fail("built again without a change"))

    with Store(project.db_path) as store, store.batch():
        store.reject([store.faces(side="a")[3].face.id])
    second = data.load(project, "a", CUT, silent).crops
    assert len(second) == 29
    np.testing.assert_array_equal(second[3], first[4])
    changed = {p.name for p in folder.iterdir()}
    assert len(changed) == 1
    assert changed != names

    other = data.load(project, "a", Cut(64, "legacy", 0.875, "extended"), silent).crops
    assert not np.array_equal(other[0], second[0])


@pytest.mark.parametrize(
    "change",
    [{"down": 0.1}, {"dilation": 5.0}, {"blur": 9.0}, {"threshold": 50}, {"areas": True}],
)
def test_each_option_of_the_cut_makes_another_cache(
    tmp_workspace: Path, change: dict[str, Any]
) -> None:
    project = new_project(tmp_workspace)
    before = data.load(project, "a", CUT, silent)
    path = next((project.path / "model" / "cache").iterdir())
    after = data.load(project, "a", replace(CUT, **change), silent)
    assert not path.exists()
    assert before.digest == after.digest, "the faces are the same"
    assert after.crops.shape[:3] == before.crops.shape[:3]
    assert not np.array_equal(after.crops, before.crops)


def test_a_vertical_offset_moves_face_and_mask_down_in_the_crop() -> None:
    points = landmarks(np.random.default_rng(4))
    head = cut(drawn_face(points, (200, 160, 140)), align(points), 512)
    plain = cutting.piece(head, face_with(points), CUT)
    lower = cutting.piece(head, face_with(points), replace(CUT, down=0.125))
    difference = np.abs(lower[8:].astype(int) - plain[:-8])
    assert difference[8:-8, 8:-8].mean() < 4.0
    assert np.abs(lower.astype(int) - plain)[16:-16, 16:-16].mean() > 8.0


def test_eyes_and_mouth_are_cut_beside_the_mask_only_when_asked_for() -> None:
    points = landmarks(np.random.default_rng(4))
    head = cut(drawn_face(points, (200, 160, 140)), align(points), 512)
    plain = cutting.piece(head, face_with(points), CUT)
    wanted = replace(CUT, areas=True)
    got = cutting.piece(head, face_with(points), wanted)
    np.testing.assert_array_equal(got[..., :4], plain)
    for channel, part in ((4, slice(36, 48)), (5, slice(48, 60))):
        x, y = (cutting.placed(points, wanted)[part] * 64 + 39.5).T.round().astype(int)
        assert (got[y, x, channel] > 60).all()
        assert got[..., channel].mean() < 40
        dark = got[..., 0][got[..., channel] > 200].mean()
        assert dark < got[..., 0][got[..., 3] == 255].mean() - 20, "painted darker than skin"


def test_a_deleted_crop_is_rejected_for_good(tmp_workspace: Path) -> None:
    project = new_project(tmp_workspace)
    with Store(project.db_path) as store:
        gone = store.faces(side="b")[0].face
    (project.path / str(gone.crop)).unlink()
    assert len(data.load(project, "b", CUT, silent).crops) == 29
    with Store(project.db_path) as store:
        assert [f.face.id for f in store.faces(side="b", rejected=True)] == [gone.id]


def test_an_empty_side_says_which_and_what_to_do(tmp_workspace: Path) -> None:
    project = new_project(tmp_workspace, a=30, b=0)
    with pytest.raises(NothingToDo, match=r"Side B of drawn has no faces.*extract drawn"):
        data.load(project, "b", CUT, silent)


def test_too_few_faces_says_how_many_are_needed(tmp_workspace: Path) -> None:
    project = new_project(tmp_workspace, a=24)
    with pytest.raises(BadInput, match="has 24 faces and training needs at least 25"):
        data.load(project, "a", CUT, silent)
    add_faces(project, "a", 1, seed=1)
    assert len(data.load(project, "a", CUT, silent).crops) == 25


def test_an_oval_is_drawn_from_the_hull_where_there_is_no_mesh(tmp_workspace: Path) -> None:
    project = new_project(tmp_workspace)
    oval = data.load(project, "a", Cut(64, "face", 0.875, "oval"), silent).crops
    assert 0.1 < (oval[..., 3] > 127).mean() < 0.6


def painted(project: Project, side: str, width: float, ids: slice = slice(None)) -> None:
    """A mask called custom for faces of a side: the left part of their 96 px head crops."""
    picture = np.zeros((96, 96), np.uint8)
    picture[:, : round(96 * width)] = 255
    with Store(project.db_path) as store, store.batch():
        for row in store.faces(side=side)[ids]:
            matrix = crop_matrix(np.frombuffer(row.face.points, "<f4").reshape(68, 2), 96)
            store.add_mask(row.face.id, "custom", *pack(picture, matrix))


def test_stored_masks_are_placed_into_the_training_crop(tmp_workspace: Path) -> None:
    project = new_project(tmp_workspace)
    painted(project, "a", 0.5)
    how = Cut(64, "head", 1.0, "custom")
    first = data.load(project, "a", how, silent).crops
    inner = first[:, 8:72, 8:72, 3]
    assert (inner[:, :, :31] > 250).all()
    assert (inner[:, :, 33:] < 5).all()
    assert not first[:, :, 41:, 3].any()

    painted(project, "a", 0.25)  # painting makes the cache anew
    second = data.load(project, "a", how, silent).crops[:, 8:72, 8:72, 3]
    assert (second[:, :, 17:] < 5).all()
    assert (second[:, :, :15] > 250).all()


def test_faces_without_the_mask_say_what_to_run(tmp_workspace: Path) -> None:
    project = new_project(tmp_workspace)
    painted(project, "a", 0.5, slice(2, None))
    with pytest.raises(
        BadInput,
        match=r"2 of side A's 30 faces have no mask called custom: run "
        r"'extract drawn --masks custom'\.",
    ):
        data.load(project, "a", Cut(64, "face", 0.875, "custom"), silent)
    assert not (project.path / "model" / "cache").exists()


def test_crops_outside_the_project_are_refused(tmp_workspace: Path, tmp_path: Path) -> None:
    project = new_project(tmp_workspace)
    outside = tmp_path / "private.jpg"
    with Store(project.db_path) as store, store.batch():
        face = store.faces(side="a")[0].face
        (project.path / str(face.crop)).rename(outside)
        store.set_face(face.id, crop=str(outside))
    with pytest.raises(BadInput, match="leads out of the project"):
        data.load(project, "a", CUT, silent)
