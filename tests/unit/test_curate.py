"""What a person decides about faces, in faces.db, and the way back."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rooms"))
from faces_project import BOX, POINTS, add_faces, crop_of, packed, states

from engine import curate, facelist
from engine.errors import BadInput, NothingToDo
from engine.facefilter import conditions
from engine.facelist import Choice
from engine.project import Project
from engine.store import Store
from engine.tables import CROP, KEPT, USER

MASK = (b"png", struct.pack("<6f", 1, 0, 0, 0, 1, 0), 256)


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    made = Project.create(tmp_workspace, "anna")
    add_faces(made, 5)
    return made


def test_decisions_are_taken_back_as_they_were(project: Project) -> None:
    with Store(project.db_path) as store:
        with store.batch():
            store.reject([3], "min_face")
        before = curate.decisions(store, [1, 2, 3])
        curate.reject(store, [1, 2, 3])
        assert states(project) == {1: USER, 2: USER, 3: USER}
        curate.put_back(store, before)
        assert states(project) == {3: "min_face"}
        curate.keep(store, project, [2, 3])
        assert states(project) == {2: KEPT, 3: KEPT}


def test_a_kept_face_without_its_crop_is_cut_again(project: Project) -> None:
    crop_of(project, 1).unlink()
    with Store(project.db_path) as store:
        before = curate.decisions(store, [1, 2])
        curate.keep(store, project, [1, 2])
        now = {d.face: (d.crop, d.stale) for d in curate.decisions(store, [1, 2])}
        assert now == {1: ("faces/a/shots/0.jpg", 0), 2: (None, CROP)}
        curate.put_back(store, before)
        assert curate.decisions(store, [1, 2]) == before


def test_an_edit_marks_the_face_and_has_it_cut_anew(project: Project) -> None:
    moved = packed([(x + 3, y) for x, y in POINTS])
    with Store(project.db_path) as store:
        store.set_face(2, mesh=bytes(3744), raw_points=packed(POINTS))
        before = curate.shape_of(store, 2)
        after = curate.edit(store, 2, before._replace(points=moved, mask=MASK))
        assert (after.edited, after.stale, after.mesh, after.raw_points) == (1, CROP, None, None)
        assert curate.shape_of(store, 2) == after
        assert store.mask(2, curate.PAINTED) == MASK
        curate.put_shape(store, 2, before)
        assert curate.shape_of(store, 2) == before
        assert store.masks(2) == {}
        assert [f.id for f in facelist.listed(store, Choice(where=conditions("edited=yes")))] == []


def test_a_painted_mask_alone_leaves_crop_and_mesh(project: Project) -> None:
    with Store(project.db_path) as store:
        store.set_face(2, mesh=bytes(3744))
        before = curate.shape_of(store, 2)
        after = curate.edit(store, 2, before._replace(mask=MASK))
        assert (after.edited, after.stale, after.mesh) == (1, 0, before.mesh)


def test_an_edit_that_was_cut_already_is_cut_again_when_it_is_taken_back(project: Project) -> None:
    with Store(project.db_path) as store:
        before = curate.shape_of(store, 2)
        curate.edit(store, 2, before._replace(points=packed([(x + 3, y) for x, y in POINTS])))
        store.set_face(2, stale=0)  # an extraction was here
        curate.put_shape(store, 2, before)
        assert curate.shape_of(store, 2) == before._replace(stale=CROP)


def test_a_face_that_is_gone_is_one_sentence(project: Project) -> None:
    with Store(project.db_path) as store, pytest.raises(BadInput, match=r"isn't in faces\.db"):
        curate.shape_of(store, 99)


def test_the_neighbour_is_of_the_same_person_or_the_nearest(project: Project) -> None:
    far = {**BOX, "left": 200.0, "right": 300.0}
    with Store(project.db_path) as store:
        store.write("UPDATE face SET cluster = 0 WHERE id = ?", [(2,), (3,)])
        with store.batch():
            (frame,) = store.rows("SELECT frame FROM face WHERE id = 3")[0]
            other = store.add_face(
                frame, 1, **far, score=1, detector="d", aligner="m", points=packed(POINTS)
            )
        assert curate.neighbour(store, 2, 1) == 3
        assert curate.neighbour(store, 2, -1) == 1
        store.set_face(2, cluster=None, left=201.0, right=301.0)
        store.set_face(3, cluster=None)
        assert curate.neighbour(store, 2, 1) == other
        with pytest.raises(NothingToDo, match="before this one"):
            curate.neighbour(store, 1, -1)
        assert curate.place_of(store, 2) == "a shots frame 2"
