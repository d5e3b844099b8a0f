"""`faces`: chosen, sorted and counted as asked; what the user decides stays."""

from __future__ import annotations

import json
import random
import sqlite3
import struct
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_store import add_media

from engine import facelist
from engine.errors import BadInput, Exit
from engine.facefilter import conditions
from engine.facelist import Choice
from engine.project import Project
from engine.store import Store
from engine.tables import CROP, KEPT, USER
from fstui import cli

BOX = {"left": 0, "top": 0, "right": 9, "bottom": 9}
HOSTILE = "x'); DROP TABLE face; --\x1b[31m"


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    """Side a: ten faces of rising blur, the last without figures; b: two of a hostile medium."""
    made = Project.create(tmp_workspace, "anna")
    with Store(made.db_path) as store:
        first, second = add_media(store), add_media(store, "b", "h2", name=HOSTILE)
        with store.batch():
            for medium, count in ((first, 10), (second, 2)):
                for idx in range(count):
                    crop = made.path / f"faces/{medium}-{idx}.jpg"
                    crop.parent.mkdir(exist_ok=True)
                    crop.write_bytes(b"x")
                    figures = {"blur": float(idx), "yaw": -2.0 * idx, "occlusion": 0.1}
                    store.add_face(
                        store.add_frame(medium, idx, idx),
                        0,
                        **BOX,
                        **({} if idx == 9 else figures),
                        score=0.5,
                        detector="d",
                        aligner="m",
                        points=b"",
                        crop=str(crop.relative_to(made.path)),
                        cluster=idx % 2,
                        duplicate=(0xFF << 8 * (idx // 2 % 8)).to_bytes(8, "big"),
                    )
            store.write("INSERT INTO person VALUES (?, ?, ?)", [("a", 0, 1), ("a", 1, 2)])
    return made


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict]:
    return json.loads(_out(["faces", "list", "anna", "--json", *words], capsys))


def rows(project: Project) -> list[tuple]:
    with sqlite3.connect(project.db_path) as db:
        return db.execute("SELECT id, rejected, rejected_by, crop, stale FROM face").fetchall()


def test_a_list_is_chosen_and_sorted(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    found = listed(capsys, "--side", "a", "--sort", "blur", "--descending", "--limit", "3")
    assert [f["figures"]["blur"] for f in found] == [8, 7, 6]
    found = listed(capsys, "--below", "blur=4", "--above", "yaw=-5", "--side", "a")
    assert [f["frame"] for f in found] == [1, 2, 3]
    assert {f["person"] for f in listed(capsys, "--person", "1")} == {1}
    assert listed(capsys, "--side", "a", "--sort", "blur")[-1]["figures"]["blur"] is None
    assert len(listed(capsys, "--media", HOSTILE)) == 2


def test_a_hostile_name_is_shown_without_what_a_terminal_obeys(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["faces", "list", "anna"]) == Exit.DONE
    out = capsys.readouterr().out
    assert "DROP TABLE" in out
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["list", "anna", "--sort", "blur; DROP TABLE face"], Exit.BAD_INPUT),
        (["list", "anna", "--below", "points=3"], Exit.BAD_INPUT),
        (["list", "anna", "--below", "blur"], Exit.BAD_INPUT),
        (["list", "anna", "--limit", "0"], Exit.BAD_INPUT),
        (["list", "anna", "--descending"], Exit.USAGE),
        (["list", "anna", "--media", "none"], Exit.NOTHING_TO_DO),
        (["list", "anna", "--rejected"], Exit.NOTHING_TO_DO),
        (["keep", "anna", "--side", "a", "--rejected"], Exit.NOTHING_TO_DO),
        (["reject", "anna"], Exit.USAGE),
        (["reject", "anna", "--bits", "3", "--side", "a"], Exit.USAGE),
        (["reject", "anna", "--duplicates", "--bits", "60"], Exit.BAD_INPUT),
        (["reject", "anna", "--side", "a", "--readonly"], Exit.REFUSED),
        (["people", "anna", "--side", "target"], Exit.NOTHING_TO_DO),
        (["people", "anna", "--threshold", "0.5", "--readonly"], Exit.REFUSED),
    ],
)
def test_what_can_not_be_is_one_sentence_and_changes_nothing(
    words: list[str], code: Exit, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    before = rows(project)
    assert cli.main(["faces", *words]) == code
    assert capsys.readouterr().err.count("\n") == 1
    assert rows(project) == before


def test_sorting_and_choosing_is_the_databases_work(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    plain = Store.rows

    def watched(store: Store, sql: str, args: object = ()) -> list:
        asked.append(sql)
        return plain(store, sql, args)

    monkeypatch.setattr(Store, "rows", watched)
    with Store(project.db_path, readonly=True) as store:
        facelist.chosen(store, Choice(sort="blur", below=(("yaw", 1.0),), limit=2))
    assert "face.yaw < ?" in asked[-1]
    assert "LIMIT ?" in asked[-1]
    assert "ORDER BY face.blur IS NULL, face.blur ASC" in asked[-1]


def test_rejecting_and_keeping(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["faces", "reject", "anna", "--side", "a", "--below", "blur=3"]
    before = rows(project)
    assert cli.main([*words, "--dry-run"]) == Exit.DONE
    assert "3 faces would be rejected" in capsys.readouterr().out
    assert rows(project) == before
    assert cli.main(words) == Exit.DONE
    assert [row[2] for row in rows(project)[:4]] == [USER, USER, USER, None]
    assert "rejected: by you" in _out(["faces", "list", "anna", "--rejected"], capsys)
    (project.path / rows(project)[0][3]).unlink()
    assert cli.main(["faces", "keep", "anna", "--limit", "2"]) == Exit.DONE
    first, second, third, *_ = rows(project)
    assert first[1:] == (0, KEPT, None, CROP)  # its crop is gone: it is cut again
    assert second[1:3] == (0, KEPT)
    assert second[3]
    assert third[1:3] == (1, USER)


def test_faces_are_chosen_by_a_filter_as_in_the_room(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [f["frame"] for f in listed(capsys, "--where", "blur>=7 side=a")] == [8, 9]
    assert "yaw -14" in _out(["faces", "list", "anna", "--where", "yaw=-14"], capsys)
    assert cli.main(["faces", "reject", "anna", "--where", "blur=0..2 side=a"]) == Exit.DONE
    assert [f["frame"] for f in listed(capsys, "--where", "rejected=yes")] == [1, 2, 3]
    assert cli.main(["faces", "keep", "anna", "--where", "why=user blur>0"]) == Exit.DONE
    assert [f["frame"] for f in listed(capsys, "--where", "kept=yes")] == [2, 3]
    assert cli.main(["faces", "reject", "anna", "--where", "blur>>2"]) == Exit.BAD_INPUT
    assert "'>2' is no number" in capsys.readouterr().err


def test_the_distance_is_to_the_face_that_stands_for_the_person(project: Project) -> None:
    def embedding(x: float) -> bytes:
        return struct.pack("<3f", x, 0.0, 0.0)

    with Store(project.db_path) as store:
        for face, x in ((1, 0.0), (3, 3.0), (5, 0.5)):
            store.set_face(face, identity=embedding(x))
        store.set_face(7, identity=embedding(9.0)[:5])
        faces = facelist.listed_ids(store, [1, 3, 5, 7, 2], ("distance",))
        assert [f.figures["distance"] for f in faces] == [0.0, 3.0, 0.5, None, None]
        far = Choice(where=conditions("distance>0.4"), sort="distance", descending=True)
        assert list(facelist.ids(store, far)) == [3, 5]


def test_copies_but_for_the_sharpest_are_rejected(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    out = _out(["faces", "duplicates", "anna", "--side", "a", "--bits", "0"], capsys)
    assert "5 faces are nearly the same" in out
    assert cli.main(["faces", "reject", "anna", "--side", "a", "--duplicates"]) == Exit.DONE
    kept = listed(capsys, "--side", "a")
    # pairs (0, 1) ... (8, 9); the last has no figure, so its neighbour stays
    assert [f["frame"] for f in kept] == [2, 4, 6, 8, 9]


def test_figures_and_people(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["faces", "figures", "anna", "--side", "a", "--json"]
    spreads = {s["figure"]: s for s in json.loads(_out(words, capsys))}
    blur = spreads["blur"]
    assert (blur["faces"], blur["low"], blur["median"], blur["high"]) == (9, 0, 4, 8)
    assert sum(blur["bars"]) == 9
    assert "size" not in spreads
    assert "blur" in _out(["faces", "figures", "anna", "--ascii"], capsys)
    people = json.loads(_out(["faces", "people", "anna", "--side", "a", "--json"], capsys))
    assert [(p["person"], p["faces"], p["first"][1], p["last"][1]) for p in people] == [
        (0, 5, 0, 8),
        (1, 5, 1, 9),
    ]
    assert people[0]["crop"].endswith("-0.jpg")


def _out(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert cli.main(words) == Exit.DONE
    return capsys.readouterr().out


hashes = st.lists(
    st.builds(lambda base, flip: base ^ (1 << flip), st.sampled_from([0, 2**64 - 1, 12345]),
              st.integers(0, 63)) | st.integers(0, 2**64 - 1),
    max_size=40,
)  # fmt: skip


@given(hashes, st.integers(0, facelist.MOST_BITS))
def test_no_copy_is_missed(values: list[int], bits: int) -> None:
    groups = facelist.near(values, bits)
    spare = {index for group in groups for index in group[1:]}
    for group in groups:
        assert all((values[group[0]] ^ values[n]).bit_count() <= bits for n in group)
    left = [values[n] for n in range(len(values)) if n not in spare]
    for index, value in enumerate(left):
        assert all((value ^ other).bit_count() > bits for other in left[:index])


def test_copies_among_a_hundred_thousand_are_found_in_seconds() -> None:
    chance = random.Random(1)
    values = [chance.getrandbits(64) for _ in range(50_000)]
    values += [value ^ 1 << chance.randrange(64) for value in values]
    start = time.process_time()
    assert len(facelist.near(values, 4)) == 50_000
    assert time.process_time() - start < 20.0


def test_bits_are_bounded(project: Project) -> None:
    with Store(project.db_path, readonly=True) as store, pytest.raises(BadInput):
        facelist.duplicates(store, Choice(), -1)
