"""Marks hold in the file and are read back; nothing leaves without consent, record and mark."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from clips import make_clip
from marked_files import MAKERS

from engine.errors import BadInput, Refused
from engine.project import Ground, Project
from engine.trust.door import Model, Origin, Provenance, read_record, release, sidecar
from engine.trust.mark import add_mark, new_mark, read_mark


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


def test_what_can_not_be_marked_does_not_leave(project: Project, tmp_path: Path) -> None:
    staged = tmp_path / "clip.mkv"
    staged.write_bytes(b"x")
    with pytest.raises(BadInput, match="can't be marked"):
        let_out(project, staged, "clip.mkv")
    assert list((project.path / "out").iterdir()) == []


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


@pytest.mark.parametrize("kind", MAKERS)
def test_every_format_leaves_marked_and_recorded(
    kind: str, project: Project, tmp_path: Path
) -> None:
    suffix, maker = MAKERS[kind]
    out = let_out(project, maker(tmp_path / f"staged{suffix}", 3), f"result{suffix}")
    record = read_record(out)
    assert read_mark(out) == new_mark(500)
    assert record is not None
    assert record.output.sha256 == hashlib.sha256(out.read_bytes()).hexdigest()


# --- folders ---------------------------------------------------------------------------------


def sequence(folder: Path, files: int = 12) -> Path:
    """A folder of pictures and the matrices beside them."""
    (folder / "masks").mkdir(parents=True)
    picture = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    for n in range(files):
        (folder / f"{n}.png").write_bytes(picture)
    (folder / "masks" / "0.tif").write_bytes(
        cv2.imencode(".tif", np.zeros((8, 8), np.uint8))[1].tobytes()
    )
    (folder / "matrices.json").write_text("{}")
    return folder


def test_a_folder_leaves_as_one(project: Project, tmp_path: Path) -> None:
    staged = sequence(tmp_path / "staged")
    out = let_out(project, staged, "clip")
    record = read_record(out)
    assert not staged.exists()
    assert record is not None
    assert list(record.output.files) == [
        *(f"{n}.png" for n in range(12)),
        "masks/0.tif",
        "matrices.json",
    ]
    for name, sha256 in record.output.files.items():
        assert sha256 == hashlib.sha256((out / name).read_bytes()).hexdigest()
        assert (read_mark(out / name) == new_mark(500)) is (name != "matrices.json")
    assert sorted(p.name for p in out.parent.iterdir()) == ["clip", "clip.provenance.json"]


def test_a_folder_with_one_file_less_has_no_record(project: Project, tmp_path: Path) -> None:
    out = let_out(project, sequence(tmp_path / "staged"), "clip")
    (out / "3.png").unlink()
    assert read_record(out) is None


def test_a_killed_release_of_a_folder_is_done_again(project: Project, tmp_path: Path) -> None:
    """Some files are marked already, one was being written aside."""
    staged = sequence(tmp_path / "staged")
    add_mark(staged / "0.png", new_mark(500))
    (staged / ".1.png.part").write_bytes(b"torn")
    out = let_out(project, staged, "clip")
    assert not list(out.glob(".*"))


def test_an_older_folder_is_kept_in_the_trash(project: Project, tmp_path: Path) -> None:
    let_out(project, sequence(tmp_path / "one", 3), "clip")
    out = let_out(project, sequence(tmp_path / "two", 4), "clip")
    (kept,) = [p for p in (project.path / "trash").iterdir() if p.is_dir()]
    assert (len(list(kept.glob("*.png"))), len(list(out.glob("*.png")))) == (3, 4)


@pytest.mark.parametrize("extra", ["a.bmp", "broken.png"])
def test_a_folder_with_a_picture_that_can_not_be_marked_stays(
    extra: str, project: Project, tmp_path: Path
) -> None:
    staged = sequence(tmp_path / "staged")
    (staged / extra).write_bytes(
        b"BM" if extra == "a.bmp" else (staged / "0.png").read_bytes()[:40]
    )
    with pytest.raises(BadInput, match=f"{extra} can't be marked"):
        let_out(project, staged, "clip")
    assert staged.is_dir()
    assert list((project.path / "out").iterdir()) == []


def test_a_folder_with_a_link_or_without_a_picture_stays(project: Project, tmp_path: Path) -> None:
    staged = sequence(tmp_path / "staged")
    (staged / "9.png").unlink()
    (staged / "9.png").symlink_to("/etc/hostname")
    with pytest.raises(BadInput, match=r"9\.png is no plain file"):
        let_out(project, staged, "clip")
    bare = tmp_path / "bare"
    bare.mkdir()
    with pytest.raises(BadInput, match="clip can't leave: it has no picture in it"):
        let_out(project, bare, "clip")


def test_a_ground_that_ended_holds_everything_back(project: Project, tmp_path: Path) -> None:
    project.set_person("b", "Bea", Ground.LICENSED, "test", "2001-02-03")
    with pytest.raises(Refused, match=r"Bea .*licensed footage.* ended with"):
        let_out(project, sequence(tmp_path / "staged"), "clip")
    assert list((project.path / "out").iterdir()) == []


@pytest.mark.all
def test_ten_thousand_pictures_leave_in_half_a_minute(project: Project, tmp_path: Path) -> None:
    staged = sequence(tmp_path / "staged", 10_000)
    began = time.monotonic()
    let_out(project, staged, "clip")
    assert time.monotonic() - began < 30
