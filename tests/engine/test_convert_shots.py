"""Shots: kept in the project, used from their frame on, part of what a result is known by; cuts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from clips import frames_of, make_clip
from convert_project import Painter, make_project, make_work
from hypothesis import given
from hypothesis import strategies as st

from engine.convert import pipeline, targets
from engine.convert.shots import FILE, Shot, number_at, read_shots, remove_shot, set_shot
from engine.errors import BadInput, Damaged
from engine.media.cuts import cuts_in, cuts_of
from engine.project import Project
from engine.settings import ConvertSettings
from fstui import cli


@pytest.fixture
def project(tmp_workspace: Path, tmp_path: Path) -> Project:
    clip = make_clip(tmp_path / "a.mp4", width=160, height=120, frames=60, sound=())
    return make_project(tmp_workspace, [clip])


def converted(project: Project) -> list[np.ndarray]:
    """Frames of a conversion."""
    pipeline.run(make_work(project, colour="none", crf=1), lambda _: Painter())
    return frames_of(project.path / "out" / "a.mp4")


def test_settings_hold_from_their_frame_to_the_next_shot(project: Project) -> None:
    plain = converted(project)
    set_shot(project, "a", 20, {"brightness": 40})
    set_shot(project, "a", 40, {})
    bright = converted(project)
    light = [float(b.mean() - p.mean()) for p, b in zip(plain, bright, strict=True)]
    assert max(map(abs, light[:20])) < 0.5
    assert min(light[20:40]) > 1.0
    assert max(map(abs, light[40:])) < 0.5


def test_a_result_is_known_by_its_shots(project: Project) -> None:
    def mark() -> str:
        (clip,) = targets.clips_of(make_work(project), ConvertSettings())
        return targets.fingerprint_of(clip, ConvertSettings(), "0001")

    first = mark()
    set_shot(project, "a", 20, {"colour": "mkl"})
    second = mark()
    set_shot(project, "other", 20, {"colour": "mkl"})
    assert mark() == second != first
    remove_shot(project, "a", 20)
    assert mark() == first


def test_shots_are_kept_in_order_and_replaced(project: Project) -> None:
    set_shot(project, "a", 30, {"erosion": "5"})
    set_shot(project, "a", 10, {})
    set_shot(project, "a", 30, {"erosion": 7})
    assert read_shots(project) == {"a": [Shot(10, {}), Shot(30, {"erosion": 7.0})]}
    with pytest.raises(BadInput, match="No shot of a begins at frame 12"):
        remove_shot(project, "a", 11)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"codec": "av1"}, "codec can't change on the way"),
        ({"erosion": 99}, "-20 to 20 %"),
        ({"colour": "pink"}, "mkl"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_what_can_not_be_of_a_shot(project: Project, values: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        set_shot(project, "a", 3, values)
    assert read_shots(project) == {}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"v": 9}',
        '{"clips": {"a": [{"first": -4}]}}',
        '{"clips": {"a": [{"first": 4}, {"first": 4}]}}',
        '{"clips": {"a": [{"first": 4, "settings": {"codec": "av1"}}]}}',
        '{"clips": {"a": [{"first": 4, "run": "rm"}]}}',
        "[" * 100_000,
    ],
)
def test_a_spoilt_file_is_told(project: Project, text: str) -> None:
    (project.path / FILE).write_text(text)
    with pytest.raises(Damaged, match=FILE):
        read_shots(project)


@given(st.lists(st.integers(0, 100), unique=True), st.integers(0, 120))
def test_a_frame_has_the_last_shot_that_began(firsts: list[int], index: int) -> None:
    shots = [Shot(first) for first in sorted(firsts)]
    assert number_at(shots, index) == sum(first <= index for first in firsts)


def scene(seed: int, frames: int, speed: float) -> list[np.ndarray]:
    """A pan over noise of some colour; `speed` px a frame."""
    rng = np.random.default_rng(seed)
    wide = rng.uniform(0, 1, (45, 200, 3)) * 80 + rng.uniform(0, 175, 3)
    wide = np.repeat(np.repeat(wide, 4, 0), 4, 1).astype(np.uint8)
    return [wide[:180, int(n * speed) : int(n * speed) + 320] for n in range(frames)]


@pytest.mark.parametrize("speed", [0.0, 2.0, 8.0])
def test_cuts_are_found_where_they_are(tmp_path: Path, speed: float) -> None:
    lengths = [30, 45, 12, 25]
    pictures = [p for n, length in enumerate(lengths) for p in scene(n + 1, length, speed)]
    frames = [av.VideoFrame.from_ndarray(np.ascontiguousarray(p), format="rgb24") for p in pictures]
    clip = make_clip(
        tmp_path / "c.mp4", width=320, height=180, frames=len(frames), sound=(), pictures=frames
    )
    found = cuts_of(clip)
    assert found == [30, 75, 87]


def test_sample_footage_has_no_cut(sample: Callable[[str], Path]) -> None:
    """One take of a man who moves his head."""
    assert cuts_of(sample("man")) == []


def test_one_difference_is_judged_by_those_around_it() -> None:
    assert cuts_in([0, 1, 1, 1, 1, 1, 30, 1, 1]) == [6]
    assert cuts_in([0] + [30] * 20) == []
    assert cuts_in([]) == []


def test_the_command_sets_lists_finds_and_removes(
    tmp_workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = [*scene(1, 20, 2.0), *scene(2, 20, 2.0)]
    frames = [av.VideoFrame.from_ndarray(np.ascontiguousarray(p), format="rgb24") for p in pictures]
    clip = make_clip(
        tmp_path / "a.mp4", width=320, height=180, frames=40, sound=(), pictures=frames
    )
    make_project(tmp_workspace, [clip])
    assert cli.main(["shots", "film"]) == 0
    assert "No shots" in capsys.readouterr().out
    assert cli.main(["shots", "film", "a", "--from", "12", "--colour", "mkl", "--blur", "8"]) == 0
    assert "a from frame 12: colour mkl, blur 8.0" in capsys.readouterr().out
    assert cli.main(["shots", "film", "a", "--find"]) == 0
    said = capsys.readouterr().out
    assert "1 cut found" in said
    assert "a from frame 21: as the job" in said
    assert cli.main(["shots", "film", "a", "--remove", "12"]) == 0
    assert "frame 12" not in capsys.readouterr().out
    assert cli.main(["shots", "film", "b", "--from", "1"]) == 3
    assert "no clip 'b' in the target: there is a" in capsys.readouterr().err
    assert cli.main(["shots", "film", "a", "--colour", "mkl"]) == 2


def test_a_clip_is_named_as_its_result(
    tmp_workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = make_clip(tmp_path / "report.mp4", width=160, height=120, frames=6, sound=())
    project = make_project(tmp_workspace, [clip])
    assert cli.main(["shots", "film", "report-clip", "--from", "2", "--colour", "mkl"]) == 0
    (found,) = targets.clips_of(make_work(project), ConvertSettings())
    assert found.shots == [Shot(1, {"colour": "mkl"})]
    assert cli.main(["shots", "film", "report", "--from", "2"]) == 3
    assert "there is report-clip" in capsys.readouterr().err
