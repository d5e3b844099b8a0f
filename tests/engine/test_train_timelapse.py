"""The time-lapse: pictures by iteration, and the video of them that leaves through the door."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import BadInput, NothingToDo, Refused
from engine.project import Ground, Project
from engine.train.timelapse import Timelapse, film, forget_after, frames_of
from engine.trust.door import read_record
from engine.trust.mark import DIGITAL_SOURCE_TYPE, read_mark
from fstui.cli import main

SIZE = (84, 120)


@pytest.fixture
def project(tmp_workspace: Path) -> Project:
    """A project with recorded people, a checkpoint's recipe, and pictures of ten saves."""
    made = Project.create(tmp_workspace, "film")
    made.set_person("a", "Ann", Ground.SELF, "test")
    made.set_person("b", "Bea", Ground.CONSENT, "test")
    checkpoint = made.path / "model" / "checkpoints" / "000002500-ab12"
    checkpoint.mkdir(parents=True)
    (checkpoint / "recipe.json").write_text("{}")
    (checkpoint / "SHA256SUMS").write_text("")
    pictures = Timelapse(made.path / "model")
    for number in range(1, 11):
        pictures.add(number * 250, np.full((*SIZE, 3), (20 * number, 200, 40), np.uint8))
    return made


def test_the_video_has_a_frame_for_each_save_in_order(project: Project) -> None:
    told = film(project, 10, "timelapse.mp4")
    assert told == {
        "path": str(project.path / "out" / "timelapse.mp4"),
        "frames": 10,
        "iteration": 2500,
    }
    with av.open(told["path"]) as video:
        stream = video.streams.video[0]
        frames = list(video.decode(stream))
        assert stream.average_rate == 10
        assert [float(f.time) for f in frames] == pytest.approx([i / 10 for i in range(10)])
        means = [f.to_ndarray(format="rgb24").mean((0, 1)) for f in frames]
    expected = [(20 * n, 200, 40) for n in range(1, 11)]
    np.testing.assert_allclose(means, expected, atol=4)
    assert not list((project.path / "out" / ".work").iterdir())


def test_the_video_is_marked_and_recorded(project: Project) -> None:
    out = Path(film(project, 25, "learning.mp4")["path"])
    mark, record = read_mark(out), read_record(out)
    assert mark is not None
    assert mark.digital_source_type == DIGITAL_SOURCE_TYPE
    assert "model iteration 2500" in mark.comment
    assert record is not None
    assert record.people["b"].name == "Bea"
    assert (record.model.iteration, record.model.checkpoint) == (2500, "000002500-ab12")
    assert record.settings == {"fps": 25}


def test_the_same_video_twice_keeps_no_copy_and_another_one_does(project: Project) -> None:
    film(project, 10, "timelapse.mp4")
    film(project, 10, "timelapse.mp4")
    assert not (project.path / "trash").exists() or not list((project.path / "trash").iterdir())
    film(project, 5, "timelapse.mp4")
    assert len(list((project.path / "trash").glob("*timelapse.mp4"))) == 1


def test_a_picture_of_another_size_is_fitted(project: Project) -> None:
    Timelapse(project.path / "model").add(10, np.full((40, 60, 3), 128, np.uint8))
    assert film(project, 10, "timelapse.mp4")["frames"] == 11


def test_nothing_leaves_without_recorded_people(project: Project) -> None:
    project.change(lambda doc: doc.pop("people"))
    with pytest.raises(Refused, match="side a and side b"):
        film(project, 10, "timelapse.mp4")
    assert not list((project.path / "out").iterdir())


@pytest.mark.parametrize(
    ("fps", "name", "words"),
    [
        (0, "timelapse.mp4", "1 to 60 frames a second, not 0"),
        (61, "timelapse.mp4", "1 to 60"),
        (10, "timelapse.mkv", "is an MP4 in the project's out/"),
        (10, "../timelapse.mp4", "is an MP4 in the project's out/"),
        (10, "/tmp/timelapse.mp4", "is an MP4 in the project's out/"),
    ],
)
def test_what_can_not_be_is_refused(project: Project, fps: int, name: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        film(project, fps, name)


def test_without_pictures_it_says_how_they_come(project: Project) -> None:
    forget_after(project.path / "model", 0)
    with pytest.raises(NothingToDo, match="train film --timelapse"):
        film(project, 10, "timelapse.mp4")


def test_pictures_after_an_iteration_are_forgotten(project: Project) -> None:
    forget_after(project.path / "model", 1000)
    left = [int(path.stem) for path in frames_of(project.path / "model")]
    assert left == [250, 500, 750, 1000]


def test_the_command_says_what_it_made(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["timelapse", "film", "--fps", "12", "--out", "learning.mp4"]) == 0
    out = project.path / "out" / "learning.mp4"
    assert capsys.readouterr().out == f"{out}: 10 frames up to iteration 2 500.\n"
    with av.open(str(out)) as video:
        assert video.streams.video[0].average_rate == 12
    assert main(["timelapse", "film", "--fps", "0"]) == 3
    assert "1 to 60 frames a second" in capsys.readouterr().err
    assert main(["timelapse", "film", "--readonly"]) == 5
