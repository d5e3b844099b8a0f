"""A hundred thousand faces as ids and a few details: opened at once, in little memory."""

from __future__ import annotations

import sqlite3
import sys
import time
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rooms"))
from faces_project import add_faces

from engine import facelist
from engine.errors import BadInput
from engine.facefields import NUMBERS
from engine.project import Project
from fstui.model import faceset
from fstui.model.faceset import (
    CHUNK,
    FaceSet,
    Order,
    details,
    find,
    packed,
    spread,
    unpacked,
)
from fstui.model.facewords import MEANINGS, SORT_KEYS
from fstui.widgets.rows import Rows

MANY = 100_000


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A hundred thousand faces."""
    project = Project.create(tmp_path_factory.mktemp("workspace"), "many")
    add_faces(project, MANY)
    return project


def best_of(count: int, act: Callable[[], object]) -> float:
    """Seconds."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        act()
        times.append(time.perf_counter() - start)
    return min(times)


@pytest.mark.parametrize("order", [Order(), Order("yaw>0 blur<90000", "blur", True)])
def test_many_faces_open_about_as_fast_as_sqlite_reads_them(many: Project, order: Order) -> None:
    """0.3 s where reading one column of each takes 0.05 s; both measured here."""
    db = sqlite3.connect(many.db_path)
    bare = best_of(5, lambda: db.execute("SELECT blur FROM face ORDER BY blur").fetchall())
    db.close()
    assert best_of(5, lambda: find(many.db_path, order)) / bare < 6


def test_finding_reads_no_points_and_no_meshes(
    many: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index alone is read: rows are 5 KB each in a real file."""
    plans = []

    def spy(store: facelist.Store, sql: str, args: object = ()) -> list:
        plans.extend(store._db.execute(f"EXPLAIN QUERY PLAN {sql}", args).fetchall())
        return store._db.execute(sql, args).fetchall()

    monkeypatch.setattr(facelist.Store, "rows", spy)
    find(many.db_path, Order("yaw>0 rejected=no person=1", "blur"))
    of_faces = [plan[3] for plan in plans if " face " in plan[3]]
    assert of_faces
    assert all("COVERING INDEX" in plan for plan in of_faces)


def test_memory_stays_flat_however_far_one_scrolls(
    many: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = 4 * CHUNK
    monkeypatch.setattr(faceset, "MOST_DETAILS", most)
    faces = FaceSet(find(many.db_path, Order()))
    assert len(faces) == MANY

    def scroll(start: int, stop: int) -> None:
        for place in range(start, stop, CHUNK):
            faces.take(details(many, faces.missing(place, 1), ""))
            faces[place]

    scroll(0, most)
    tracemalloc.start()
    scroll(most, 3 * most)
    one, _ = tracemalloc.get_traced_memory()
    scroll(3 * most, 9 * most)
    other, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert other < 1.2 * one


def test_details_are_read_once_in_chunks(many: Project) -> None:
    faces = FaceSet(find(many.db_path, Order("", "blur", True)))
    missing = faces.missing(10, 30)
    assert missing == list(range(MANY, MANY - CHUNK, -1))
    assert faces[10].cells == ("...",)
    faces.take(details(many, missing, "blur"))
    assert faces.missing(10, 30) == []
    known = faces.known(0)
    assert known is not None
    assert (known.face.id, known.face.figures["blur"]) == (MANY, MANY - 1)
    assert faces[0].cells[1] == "1e+05"
    assert faces.index_of(str(MANY - 5)) == 5
    assert faces.index_of("0") is None
    assert list(faces.between(3, 1)) == [MANY - 1, MANY - 2, MANY - 3]
    assert list(faces.between(-5, 0)) == [MANY]


def test_a_figure_that_is_computed_is_shown_where_it_sorts(many: Project) -> None:
    (known,) = details(many, [7], "distance")
    assert known.face.figures["distance"] is None
    assert known.picture is not None
    assert known.picture.name == "6.jpg"


def test_a_spread_is_of_the_chosen_faces(many: Project) -> None:
    found = spread(many.db_path, Order("blur<1000"), "blur", 7)
    assert found is not None
    assert (found.faces, found.low, found.high, len(found.bars)) == (1000, 0, 999, 7)
    assert sum(found.bars) == 1000
    assert spread(many.db_path, Order(), "occlusion", 7) is None


def test_a_project_without_faces_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There are no faces yet"):
        find(tmp_path / "faces.db", Order())


@given(st.sets(st.integers(1, 400)))
def test_marks_come_back_from_their_ranges(marks: set[int]) -> None:
    ranges = packed(marks)
    assert unpacked(ranges, 1000) == marks
    assert all(a[1] + 1 < b[0] for a, b in pairwise(ranges))


def test_ranges_from_anywhere_fill_no_memory() -> None:
    assert len(unpacked([(1, 10**15)], 1000)) == 1000


def test_every_figure_has_a_letter_of_its_own_that_moves_no_cursor() -> None:
    assert set(SORT_KEYS) == set(MEANINGS) == {*NUMBERS, "why"}
    assert len(set(SORT_KEYS.values())) == len(SORT_KEYS)
    taken = {key for binding in Rows.BINDINGS for key in binding.key.split(",")}
    assert not taken & set(SORT_KEYS.values())
