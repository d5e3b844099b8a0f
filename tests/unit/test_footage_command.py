"""`footage`: what there is, out of the project and back; and the looks behind it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from engine.project import Project
from engine.store import Store
from engine.watch.ledger import Arrival, Ledger, stamped
from fstui.cli import main
from fstui.model.clips import Footage, of_footage


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    project = Project.create(tmp_workspace, "film")
    for side in ("a", "b"):
        path = project.path / "media" / side / f"{side}.mp4"
        path.write_bytes(side.encode() * 1000)
        project.add_sources(side, [path])
    with Store(project.db_path) as store, store.batch():
        media = store.add_media(
            hash=project.sources("a")[0].hash, path="media/a/a.mp4", side="a", name="a", width=64,
            height=48, time_base_num=1, time_base_den=25, fps_num=25, fps_den=1,
        )  # fmt: skip
        for index in range(3):
            frame = store.add_frame(media.id, index, index)
            if index:
                store.add_face(
                    frame, 0, left=0.0, top=0.0, right=9.0, bottom=9.0, score=1.0, detector="x",
                    points=bytes(68 * 8), aligner="x", crop="faces/a/a/1.jpg",
                    rejected=int(index == 2),
                )  # fmt: skip
    return project


def lay(path: Path, content: bytes, age_s: float = 100.0) -> Path:
    """A file that was written a while ago."""
    path.write_bytes(content)
    os.utime(path, (time.time() - age_s,) * 2)
    return path


def states(footage: Footage) -> dict[str, str]:
    return {clip.path.name: clip.state for clip in footage.look().clips}


def test_each_state_is_told(project: Project) -> None:
    media = project.path / "media"
    lay(media / "b" / "ready.mp4", b"x")
    lay(media / "inbox" / "who.mp4", b"x")
    lay(media / "target" / "broken.mp4", b"x")
    lay(media / "target" / "copying.mp4", b"x", age_s=0)
    lay(media / "target" / ".hidden.part", b"x")
    with Ledger(project).change() as book:
        book.files["media/inbox/who.mp4"] = stamped(look_at(media / "inbox/who.mp4", "question"))
        book.files["media/target/broken.mp4"] = stamped(look_at(media / "target/broken.mp4"))
    (media / "b" / "b.mp4").unlink()
    assert states(Footage(project.path)) == {
        "a.mp4": "begun",
        "b.mp4": "missing",
        "ready.mp4": "ready",
        "who.mp4": "asks",
        "broken.mp4": "not used",
        "copying.mp4": "arriving",
    }


def look_at(path: Path, fate: str = "dead") -> Arrival:
    """The book's entry of a file as it is."""
    from engine.watch.candidates import candidates

    (one,) = [c for c in candidates(path.parent.name, path.parent) if c.path == path]
    return Arrival(path.parent.name, fate, one.signature, why="because")  # type: ignore[arg-type]


def test_a_file_that_grows_is_arriving_until_it_stands_still(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr("fstui.model.clips.time.time", lambda: now)
    path = lay(project.path / "media" / "b" / "new.mp4", b"x", age_s=500)
    footage = Footage(project.path)
    assert states(footage)["new.mp4"] == "ready"
    lay(path, b"xx", age_s=500)  # rsync -t sets an old time while it writes
    assert states(footage)["new.mp4"] == "arriving"
    now += 1
    assert states(footage)["new.mp4"] == "arriving"
    now += 1.5
    assert states(footage)["new.mp4"] == "ready"


def test_faces_are_counted_by_source(project: Project) -> None:
    (clip,) = [c for c in Footage(project.path).look().clips if c.path.name == "a.mp4"]
    assert clip.found == (False, 3, 2, 1, 1)


def test_the_glance_tells_changes_only(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("fstui.model.clips.time.monotonic", lambda: now)
    ask = of_footage(project.path, every_s=1.0)
    assert ask() is not None
    lay(project.path / "media" / "b" / "new.mp4", b"x")
    assert ask() is None, "not looked at yet"
    now = 1.5
    told = ask()
    assert told is not None
    assert "new.mp4" in [clip.path.name for clip in told.clips]
    now = 3.0
    assert ask() is None, "nothing changed"


def test_footage_goes_and_comes_back_by_commands(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["footage", "remove", "film", "a.mp4"]) == 0
    assert "with 2 faces. --yes puts it into the trash" in capsys.readouterr().out
    assert main(["footage", "remove", "film", "a.mp4", "--yes"]) == 0
    assert "footage restore film" in capsys.readouterr().out
    assert main(["footage", "list", "film", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(r["place"], r["state"]) for r in rows] == [("b", "new")]
    assert main(["footage", "restore", "film", "none.mp4"]) == 3
    assert "there is a.mp4" in capsys.readouterr().err
    assert main(["footage", "restore", "film", "a.mp4"]) == 0
    assert main(["footage", "restore", "film"]) == 4
    capsys.readouterr()
    assert main(["footage", "list", "film"]) == 0
    assert "a.mp4, 1 face" in capsys.readouterr().out


def test_a_name_of_two_files_needs_its_side(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.add_sources("target", [project.path / "media/a/a.mp4"])
    assert main(["footage", "remove", "film", "a.mp4"]) == 3
    assert "is more than one" in capsys.readouterr().err
    assert main(["footage", "remove", "film", "a.mp4", "--side", "target", "--yes"]) == 0
    assert (project.path / "media/a/a.mp4").exists(), "side a shows it still"


def test_readonly_removes_nothing(project: Project) -> None:
    assert main(["--readonly", "footage", "remove", "film", "a.mp4", "--yes"]) == 5
    assert len(Project.open(project.path).sources()) == 2
