"""A frame of a result beside its source: the right one of each, also where the result was cut."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from clips import make_clip
from convert_project import make_project, make_work, painter

from engine.convert import pipeline
from engine.convert.preview import frames_in
from engine.convert.targets import clips_of
from engine.errors import BadInput, NothingToDo
from engine.project import Project
from engine.quality.shown import pair_of
from engine.settings import ConvertSettings


def striped(frames: int, width: int, height: int) -> list[av.VideoFrame]:
    """Pictures whose grey says their number."""
    greys = (np.full((height, width, 3), 40 + 3 * i, np.uint8) for i in range(frames))
    return [av.VideoFrame.from_ndarray(grey, "rgb24") for grey in greys]


@pytest.fixture
def project(tmp_workspace: Path, tmp_path: Path) -> Project:
    clip = make_clip(tmp_path / "a.mp4", frames=50, pictures=striped(50, 64, 48))
    return make_project(tmp_workspace, [clip], with_face=lambda i: i % 2 == 0)


def corners(path: Path) -> tuple[float, float]:
    """The grey of both halves' upper left corners, below the words."""
    shown = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    left, right = np.hsplit(shown[-48:].astype(float), 2)
    return float(np.median(left[2:8, 2:8])), float(np.median(right[2:8, 2:8]))


def test_a_frame_of_a_cut_stands_beside_its_source(project: Project, tmp_path: Path) -> None:
    work = make_work(project, frames="11-20,31-40", outside="drop")
    pipeline.run(work, painter)
    for index, source in ((0, 10), (9, 19), (10, 30), (19, 39)):
        told = pair_of(project, "a", index, False, tmp_path)
        assert told["source"] == source
        before, after = corners(Path(told["path"]))
        assert before == pytest.approx(40 + 3 * source, abs=6)
        assert after == pytest.approx(before, abs=6)


def test_a_close_up_is_of_the_face_and_a_frame_without_one_is_whole(
    project: Project, tmp_path: Path
) -> None:
    pipeline.run(make_work(project), painter)
    close, whole = (pair_of(project, "a", index, True, tmp_path)["path"] for index in (20, 21))
    assert Path(close).name == "a-20-close.jpg"
    assert Path(whole).name == "a-21.jpg"
    assert cv2.imread(close).shape[1] == 2 * 480


def test_what_is_gone_is_said_in_a_sentence(project: Project, tmp_path: Path) -> None:
    with pytest.raises(NothingToDo, match="no finished result"):
        pair_of(project, "a", 3, False, tmp_path)
    pipeline.run(make_work(project), painter)
    with pytest.raises(BadInput, match="can't be read any more"):
        pair_of(project, "a", 70, False, tmp_path)
    with pytest.raises(BadInput, match="leads out of the project"):
        pair_of(project, "../../x", 3, False, tmp_path)


def test_near_frames_have_faces(project: Project) -> None:
    (clip,) = clips_of(make_work(project), ConvertSettings())
    assert frames_in(clip, [21, 22, 24], near=True) == [20, 22]
    with pytest.raises(NothingToDo, match="the nearest one that has is frame"):
        frames_in(clip, [22])
