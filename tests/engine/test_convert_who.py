"""Who is swapped: one of several people, those of a picture, those whose crops are left, the other
way round."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clips import make_clip
from convert_project import Painter, events_of, make_project, make_work, painter
from train_project import new_project, work_on

from engine.convert import pipeline, targets, who
from engine.errors import BadInput
from engine.project import Project
from engine.settings import ConvertSettings
from engine.train import loop
from engine.train.checkpoint import load
from engine.train.predict import Swapper


@pytest.fixture
def project(tmp_workspace: Path, tmp_path: Path) -> Project:
    clip = make_clip(tmp_path / "a.mp4", width=160, height=120, frames=30, sound=())
    return make_project(tmp_workspace, [clip])


def change(project: Project, column: str, values: list[Any]) -> None:
    """Set a column of the faces in their order."""
    with sqlite3.connect(project.db_path) as db:
        faces = [row[0] for row in db.execute("SELECT id FROM face ORDER BY id")]
        for face, value in zip(faces, values, strict=True):
            db.execute(f"UPDATE face SET {column} = ? WHERE id = ?", (value, face))


def swapped(project: Project, **settings: Any) -> list[int]:
    """Frames with a face to swap."""
    (clip,) = targets.clips_of(make_work(project), ConvertSettings(**settings))
    return sorted(clip.faces)


def test_one_of_the_people(project: Project) -> None:
    change(project, "cluster", [0] * 10 + [1] * 15 + [None] * 5)
    assert swapped(project) == list(range(30))
    assert swapped(project, person=0) == list(range(10))
    assert swapped(project, person=1) == list(range(10, 25))
    with pytest.raises(BadInput, match="no person 2: "):
        swapped(project, person=2)


def test_only_the_clips_that_are_named_are_converted(tmp_workspace: Path, tmp_path: Path) -> None:
    clips = [
        make_clip(tmp_path / f"{name}.mp4", width=160, height=120, frames=9, sound=())
        for name in ("a", "b", "c")
    ]
    for number, clip in enumerate(clips):  # else their content is the same
        clip.write_bytes(clip.read_bytes() + bytes([number]))
    project = make_project(tmp_workspace, clips)
    work = make_work(project, clips="a, c.mp4")
    pipeline.run(work, painter)
    assert (project.path / "out" / "a.mp4").exists()
    assert (project.path / "out" / "c.mp4").exists()
    assert not (project.path / "out" / "b.mp4").exists()
    # Which others are converted doesn't matter to a clip: it is not made anew.
    again = make_work(project)
    pipeline.run(again, painter)
    assert [e.media for e in events_of(again, "kept")] == ["a", "c"]
    with pytest.raises(BadInput, match=r"no clip 'd': there is a\.mp4, b\.mp4, c\.mp4"):
        pipeline.run(make_work(project, clips="a,d"), painter)


def test_people_who_were_not_told_apart(project: Project) -> None:
    with pytest.raises(BadInput, match="not told apart in the target: 'faces people film"):
        swapped(project, person=1)


def test_faces_whose_crop_is_left(project: Project) -> None:
    folder = project.path / "faces" / "target" / "a"
    folder.mkdir(parents=True)
    names = [f"faces/target/a/{n:06d}_0.jpg" for n in range(30)]
    change(project, "crop", names)
    for name in names[5:]:
        (project.path / name).write_bytes(b"x")
    assert swapped(project, crops_left=True) == list(range(5, 30))
    assert swapped(project) == list(range(30))


class Reference:
    """Stands for the people of reference pictures: those whose first number is below 0.5."""

    def rejection(self, identity: np.ndarray | None) -> str | None:
        return None if identity is None or identity[0] < 0.5 else "filter"


def test_the_people_of_a_picture(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    identities = np.zeros((30, 128), "<f4")
    identities[20:, 0] = 1.0
    change(project, "identity", [row.tobytes() for row in identities])
    asked = []

    def reference(_project: Project, settings: ConvertSettings) -> Reference:
        asked.append(settings.filter)
        return Reference()

    monkeypatch.setattr(who, "_reference", reference)
    assert swapped(project, filter="ann.png") == list(range(20))
    assert asked == ["ann.png"]


def test_only_the_wanted_person_is_painted(project: Project) -> None:
    change(project, "cluster", [1] * 10 + [2] * 20)
    work = make_work(project, person=2, colour="none")
    said = pipeline.run(work, lambda _: Painter())
    assert said.startswith("20 of 30 frames swapped")
    assert not events_of(work, "warn")[1:]


def test_the_other_way_round(tmp_workspace: Path) -> None:
    """A model paints either person; the decoder is the asked one's."""
    project = new_project(tmp_workspace)
    loop.run(work_on(project, iterations=3))
    found = load(project.path / "model", pytest.fail)
    faces = np.random.default_rng(1).integers(0, 255, (2, 64, 64, 3), np.uint8)
    swappers = {side: Swapper(found, side) for side in "ab"}
    made = {side: swapper.predict(faces) for side, swapper in swappers.items()}
    assert not np.allclose(made["a"], made["b"], atol=1e-3)
    network = swappers["a"]._network
    expected = network.rebuild(faces.astype(np.float32) / 255.0, "a").face.numpy()
    assert np.allclose(made["a"], expected, atol=1e-4)
