"""What verify says of files as they left, of changed ones, bare ones, and hostile ones."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import BadInput, Exit, FstuiError, NothingToDo
from engine.project import Ground, Project
from engine.trust.door import Model, Origin, release, sidecar
from engine.trust.mark import DIGITAL_SOURCE_TYPE
from engine.trust.verify import Finding, answer, verify

PICTURE = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes()


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    """A project whose people are recorded."""
    made = Project.create(tmp_workspace, "film")
    made.set_person("a", "Ann", Ground.SELF, "test")
    made.set_person("b", "Bea", Ground.CONSENT, "test")
    return made


def let_out(project: Project, staged: Path, name: str) -> Path:
    """Through the door with values of a test."""
    model, source = Model(500, "000000500-ab12", "c0ffee"), Origin("single.mp4", "beef")
    return release(
        project, staged, name, model=model, source=source, settings={}, fingerprint="print"
    )


@pytest.fixture
def picture(project: Project, tmp_path: Path) -> Path:
    """A picture that left."""
    (tmp_path / "staged.png").write_bytes(PICTURE)
    return let_out(project, tmp_path / "staged.png", "still.png")


@pytest.fixture
def folder(project: Project, tmp_path: Path) -> Path:
    """Pictures that left as one."""
    staged = tmp_path / "staged"
    (staged / "masks").mkdir(parents=True)
    for name in ("1.png", "2.png", "10.png", "masks/1.png"):
        (staged / name).write_bytes(PICTURE)
    (staged / "matrices.json").write_text("{}")
    return let_out(project, staged, "clip")


def only(path: Path) -> Finding:
    """The one finding."""
    (found,) = verify(path)
    return found


def test_a_file_as_it_left(picture: Path) -> None:
    for path in (picture, sidecar(picture)):
        found = only(path)
        assert (found.exit, found.kind, found.hashes_agree) == (Exit.DONE, "PNG", True)
        assert found.mark is not None
        assert found.mark.digital_source_type == DIGITAL_SOURCE_TYPE
        assert found.record is not None
        assert found.record.people["b"].ground is Ground.CONSENT
        assert (found.damage, found.ended, found.remarks) == ([], [], [])


def test_a_changed_pixel(picture: Path) -> None:
    data = bytearray(picture.read_bytes())
    data[-20] ^= 1
    picture.write_bytes(data)
    found = only(picture)
    assert (found.exit, found.hashes_agree) == (Exit.DAMAGED, False)
    assert found.damage == ["It was changed after it was made: its hash isn't the record's."]


def test_a_mark_that_was_taken_out(picture: Path) -> None:
    picture.write_bytes(PICTURE)
    found = only(picture)
    assert found.exit == Exit.DAMAGED
    assert any("Its mark is gone" in sentence for sentence in found.damage)


def test_alone_it_still_says_what_it_is(picture: Path) -> None:
    sidecar(picture).unlink()
    found = only(picture)
    assert (found.exit, found.hashes_agree, found.record) == (Exit.DONE, None, None)
    assert found.mark is not None
    assert found.remarks == ["No record is beside it."]


def test_a_renamed_file_with_its_record(picture: Path) -> None:
    moved = picture.with_name("other.png")
    sidecar(picture).rename(sidecar(moved))
    picture.rename(moved)
    found = only(moved)
    assert (found.exit, found.remarks) == (0, ["It was called still.png when it was made."])


def test_neither_mark_nor_record(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PICTURE)
    found = only(tmp_path / "a.png")
    assert (found.exit, found.mark, found.record) == (Exit.NOTHING_TO_DO, None, None)


def test_a_ground_that_ended_since(project: Project, picture: Path) -> None:
    place = sidecar(picture)
    record = msgspec.json.decode(place.read_bytes())
    record["people"]["a"]["until"] = "2001-02-03"
    place.write_bytes(msgspec.json.encode(record))
    found = only(picture)
    assert (found.exit, found.hashes_agree) == (Exit.REFUSED, True)
    assert found.ended[0].startswith("Side a: Ann was shown on a ground (self) that ended with 20")


def test_a_folder_as_it_left(folder: Path) -> None:
    found = only(folder)
    assert (found.exit, found.kind, found.hashes_agree) == (Exit.DONE, "folder", True)
    assert found.mark is not None
    for name in ("10.png", "masks/1.png", "matrices.json"):
        one = only(folder / name)
        assert (one.exit, one.hashes_agree) == (Exit.DONE, True)


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda f: (f / "2.png").unlink(), "1 file (2.png) is gone."),
        (lambda f: (f / "x.png").write_bytes(b""), "1 file (x.png) is not in the record."),
        (lambda f: (f / "2.png").write_bytes(PICTURE), "1 file (2.png) is changed."),
        (lambda f: (f / "2.png").write_bytes(PICTURE), "1 file (2.png) is without the mark."),
        (
            lambda f: [
                (f / n).write_text("x") for n in ("1.png", "2.png", "10.png", "masks/1.png")
            ],
            "4 files (1.png, 2.png, 10.png, ...) are changed.",
        ),
    ],
)
def test_a_folder_that_was_changed(act: Any, sentence: str, folder: Path) -> None:
    act(folder)
    found = only(folder)
    assert (found.exit, found.hashes_agree) == (Exit.DAMAGED, False)
    assert sentence in found.damage


def test_a_list_that_was_changed_with_the_file(folder: Path) -> None:
    """Whoever changes a file's hash in the list must change the list's own too."""
    place = sidecar(folder)
    record = msgspec.json.decode(place.read_bytes())
    record["output"]["sha256"] = "0" * 64
    place.write_bytes(msgspec.json.encode(record))
    found = only(folder)
    assert found.damage == ["The record's list of files isn't the one that its hash is of."]


def test_everything_in_out(picture: Path, folder: Path) -> None:
    found = verify(picture.parent)
    assert [(Path(f.path).name, f.exit) for f in found] == [("clip", 0), ("still.png", 0)]
    msgspec.json.encode(answer(picture.parent))


def test_what_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There is nothing at"):
        verify(tmp_path / "gone.mp4")
    with pytest.raises(NothingToDo, match="no picture, no film and no record"):
        verify(tmp_path)
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(BadInput, match="neither a file nor a folder"):
        verify(tmp_path / "pipe.png")


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[" * 100_000, b'{"v":' + b"9" * 5000 + b"}", b"\xff\xfe", b"null"],
)
def test_a_record_that_is_none(data: bytes, picture: Path) -> None:
    sidecar(picture).write_bytes(data)
    found = only(picture)
    assert found.exit == Exit.DAMAGED
    assert found.damage == ["The record still.png.provenance.json can't be read."]


def test_names_that_lead_out_are_only_names(folder: Path) -> None:
    place = sidecar(folder)
    record = msgspec.json.decode(place.read_bytes())
    record["output"]["files"]["../../../../etc/passwd"] = "0" * 64
    place.write_bytes(msgspec.json.encode(record))
    found = only(folder)
    assert "1 file (../../../../etc/passwd) is gone." in found.damage
    (folder / "9.png").symlink_to("/etc/passwd")
    with pytest.raises(BadInput, match=r"9\.png is no plain file"):
        verify(folder)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 1 << 70) | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@given(
    changes=st.lists(st.tuples(st.integers(0, 30), ANY), max_size=3), tail=st.binary(max_size=60)
)
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_hostile_records_and_files_get_an_answer(
    picture: Path, changes: list[tuple[int, Any]], tail: bytes
) -> None:
    """A true record with some values put in the place of others, beside a file of any bytes."""
    place, whole, said = sidecar(picture), picture.read_bytes(), sidecar(picture).read_bytes()
    try:
        record = msgspec.json.decode(said)
        for number, value in changes:
            holders = [record, record["output"], record.get("people"), record["model"]]
            holder = holders[number % 4]
            if isinstance(holder, dict) and holder:
                key = sorted(holder)[number % len(holder)]
                if holder is not record or key not in ("output", "model"):
                    holder[key] = value
        place.write_bytes(msgspec.json.encode(record))
        picture.write_bytes(whole[: len(tail)] + tail)
        with contextlib.suppress(FstuiError):
            msgspec.json.encode(answer(picture))
    finally:
        place.write_bytes(said)
        picture.write_bytes(whole)
