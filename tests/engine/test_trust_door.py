"""Marks hold in the file and are read back; nothing leaves without consent, record and mark."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import av
import cv2
import msgspec
import numpy as np
import pytest
from clips import frames_of, make_clip
from PIL import Image

from engine.errors import BadInput, Refused
from engine.project import Ground, Project
from engine.trust.door import Model, Origin, Provenance, read_record, release, sidecar
from engine.trust.mark import DIGITAL_SOURCE_TYPE, add_mark, new_mark, read_mark
from engine.trust.verify import verify
from fstui import cli


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    """A project whose people are recorded."""
    made = Project.create(tmp_workspace, "film")
    made.set_person("a", "Ann", Ground.SELF, "test")
    made.set_person("b", "Bea", Ground.CONSENT, "test")
    return made


def let_out(project: Project, staged: Path, name: str = "clip.mp4", iteration: int = 500) -> Path:
    """Through the door with values of a test."""
    return release(
        project,
        staged,
        name,
        model=Model(iteration, f"{iteration:09d}-ab12", "c0ffee"),
        source=Origin("single.mp4", "beef"),
        settings={"crf": 18},
        fingerprint=f"print-{iteration}",
    )


def marked_clip(path: Path) -> Path:
    """A clip with the comment that joining writes."""
    return make_clip(path, frames=5, sound=(), metadata={"comment": new_mark(500).comment})


def test_a_video_says_what_it_is_and_still_plays(tmp_path: Path) -> None:
    clip = marked_clip(tmp_path / "a.mp4")
    before = frames_of(clip)
    assert read_mark(clip) is None
    add_mark(clip, new_mark(500))
    mark = read_mark(clip)
    assert mark is not None
    assert mark.digital_source_type == DIGITAL_SOURCE_TYPE
    assert mark.tool.startswith("fstui ")
    assert "Face replaced with fstui" in mark.comment
    assert "compositeWithTrainedAlgorithmicMedia" in mark.comment
    assert all(np.array_equal(a, b) for a, b in zip(before, frames_of(clip), strict=True))


def test_other_readers_find_the_marks(tmp_path: Path) -> None:
    """FFmpeg exports the XMP box by itself, Pillow the JPEG's segments."""
    clip = marked_clip(tmp_path / "a.mp4")
    add_mark(clip, new_mark(500))
    with av.open(str(clip), options={"export_xmp": "1"}) as container:
        assert DIGITAL_SOURCE_TYPE in container.metadata["xmp"]
    sheet = tmp_path / "sheet.jpg"
    cv2.imwrite(str(sheet), np.zeros((16, 16, 3), np.uint8))
    add_mark(sheet, new_mark(500))
    with Image.open(sheet) as picture:
        picture.load()
        assert DIGITAL_SOURCE_TYPE.encode() in picture.info["xmp"]
        assert b"Face replaced" in picture.info["comment"]


def test_a_picture_says_what_it_is(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.jpg"
    cv2.imwrite(str(sheet), np.zeros((16, 16, 3), np.uint8))
    assert read_mark(sheet) is None
    add_mark(sheet, new_mark(7))
    mark = read_mark(sheet)
    assert mark is not None
    assert "model iteration 7" in mark.comment


@pytest.mark.parametrize("name", ["a.mp4", "a.jpg"])
@pytest.mark.parametrize("data", [b"", b"\xff", b"\0" * 40, os.urandom(999), b"\xff\xd8\xff\xe1\0"])
def test_junk_has_no_mark(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert read_mark(path) is None


def test_what_can_not_be_marked_does_not_leave(project: Project, tmp_path: Path) -> None:
    staged = tmp_path / "clip.flv"
    staged.write_bytes(b"x")
    with pytest.raises(BadInput, match="can't be marked"):
        let_out(project, staged, "clip.flv")
    assert not (project.path / "out" / "clip.flv").exists()


def test_the_record_tells_the_whole_story(project: Project, tmp_path: Path) -> None:
    out = let_out(project, marked_clip(tmp_path / "staged.mp4"))
    assert out == project.path / "out" / "clip.mp4"
    record = msgspec.json.decode(sidecar(out).read_bytes(), type=Provenance)
    assert record.output.sha256 == hashlib.sha256(out.read_bytes()).hexdigest()
    assert record.people["a"].name == "Ann"
    assert record.people["b"].ground is Ground.CONSENT
    assert (record.model.iteration, record.source.hash) == (500, "beef")
    assert read_record(out) == record


def test_a_record_of_another_file_does_not_count(project: Project, tmp_path: Path) -> None:
    out = let_out(project, marked_clip(tmp_path / "staged.mp4"))
    out.write_bytes(out.read_bytes() + b"more")
    assert read_record(out) is None


def test_nobody_recorded_nothing_leaves(tmp_workspace: Path, tmp_path: Path) -> None:
    project = Project.create(tmp_workspace, "film")
    with pytest.raises(Refused):
        let_out(project, marked_clip(tmp_path / "staged.mp4"))
    assert list((project.path / "out").iterdir()) == []


def test_an_older_result_is_kept_in_the_trash(project: Project, tmp_path: Path) -> None:
    first = let_out(project, marked_clip(tmp_path / "one.mp4"), iteration=100).read_bytes()
    let_out(project, marked_clip(tmp_path / "two.mp4"), iteration=200)
    kept = sorted(p.name.partition("-")[2] for p in (project.path / "trash").iterdir())
    assert kept == ["clip.mp4", "clip.mp4.provenance.json"]
    (video,) = (project.path / "trash").glob("*.mp4")
    assert video.read_bytes() == first


def test_names_that_lead_out_are_refused(project: Project, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="leads out of the project"):
        let_out(project, marked_clip(tmp_path / "staged.mp4"), "../../clip.mp4")


def pictures(folder: Path, count: int = 3) -> Path:
    """A folder of small pictures."""
    folder.mkdir()
    for number in range(count):
        cv2.imwrite(str(folder / f"{number:06d}.png"), np.full((4, 4, 3), number, np.uint8))
    return folder


def test_a_folder_of_pictures_leaves_with_one_record(project: Project, tmp_path: Path) -> None:
    out = let_out(project, pictures(tmp_path / "staged"), "clip")
    files = sorted(out.iterdir())
    assert len(files) == 3
    assert all(read_mark(file) == new_mark(500) for file in files)
    record = read_record(out)
    assert record is not None
    assert record.output.files == {
        f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files
    }
    again = let_out(project, pictures(tmp_path / "other", 2), "clip", iteration=600)
    assert len(list(again.iterdir())) == 2
    assert any(p.is_dir() for p in (project.path / "trash").iterdir())


def test_verify_tells_what_a_file_says(project: Project, tmp_path: Path) -> None:
    out = let_out(project, marked_clip(tmp_path / "staged.mp4"))
    found = verify(out)
    assert found.whole
    assert (found.marked, found.record, found.model_iteration) == (1, "agrees", 500)
    assert {side: p.name for side, p in found.people.items()} == {"a": "Ann", "b": "Bea"}
    out.write_bytes(out.read_bytes() + b"\0\0\0\x08free")
    spoilt = verify(out)
    assert (spoilt.whole, spoilt.record, spoilt.changed) == (False, "differs", ["clip.mp4"])
    plain = verify(make_clip(tmp_path / "plain.mp4", frames=2, sound=()))
    assert (plain.whole, plain.marked, plain.record) == (False, 0, "none")


def test_verify_names_the_pictures_that_were_changed(project: Project, tmp_path: Path) -> None:
    out = let_out(project, pictures(tmp_path / "staged"), "clip")
    assert verify(out).whole
    (out / "000001.png").unlink()
    (out / "000009.png").write_bytes((out / "000000.png").read_bytes())
    assert verify(out).changed == ["000001.png", "000009.png"]
    sidecar(out).write_bytes(b"{")
    assert verify(out).record == "none"


@pytest.mark.parametrize(("name", "words"), [("none.mp4", "not there"), ("a.txt", "never holds")])
def test_verify_refuses_what_it_can_not_look_at(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(BadInput, match=words):
        verify(tmp_path / name)


def test_the_command_verifies(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = let_out(project, marked_clip(tmp_path / "staged.mp4"))
    assert cli.main(["verify", str(out)]) == 0
    said = capsys.readouterr().out
    for words in ("model iteration 500", "agrees", "a       Ann (self)", "of single.mp4"):
        assert words in said
    assert cli.main(["verify", str(make_clip(tmp_path / "plain.mp4", frames=2, sound=()))]) == 4
    sidecar(out).write_bytes(sidecar(out).read_bytes().replace(b"Ann", b"Eve"))
    assert cli.main(["verify", "--json", str(out)]) == 0, "the record itself is not signed"
