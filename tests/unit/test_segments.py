"""The target on its timeline: stretches as they are typed, what is chosen, converted and worst."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.convert.request import MOST_FRAMES, frames_of
from engine.convert.shots import set_shot
from engine.errors import BadInput
from engine.project import Project
from engine.spans import Span, frame_spans, nth, typed, united, without
from engine.store import Store
from fstui.model.report import read_report, worst
from fstui.model.segments import Segments, choose, chosen_in, first_of, read_segments, runs, turned
from fstui.widgets.timeline import coverage

CLIP = Segments("take", "take.mp4", 100, 25.0, {0: (Span(0, 100),)})


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)), min_size=1))
def test_spans_are_typed_as_they_are_read(pairs: list[tuple[int, int]]) -> None:
    spans = united(Span(start, start + length) for start, length in pairs)
    assert frame_spans(typed(spans)) == spans


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9))),
    st.tuples(st.integers(0, 50), st.integers(1, 9)),
)
def test_a_hole_takes_just_its_frames(pairs: list[tuple[int, int]], hole: tuple[int, int]) -> None:
    spans = united(Span(start, start + length) for start, length in pairs)
    gone = Span(hole[0], sum(hole))
    before = {i for start, stop in spans for i in range(start, stop or 0)}
    after = {i for start, stop in without(spans, gone) for i in range(start, stop or 0)}
    assert after == before - set(range(*gone))
    assert typed(without([Span(5, None)], Span(9, 12))) == "6-9,13-"


def test_a_frame_of_a_cut_is_found_in_its_source() -> None:
    assert [nth([(10, 13), (50, 52)], i) for i in range(5)] == [10, 11, 12, 50, 51]
    assert nth([], 7) == 7


def test_a_range_of_frames_to_look_at_is_thinned_out_evenly() -> None:
    assert frames_of("40-42,50") == [40, 41, 42, 50]
    many = frames_of("1-100000")
    assert (len(many), many[0], many[-1]) == (MOST_FRAMES, 1, 100000)
    assert frames_of("9-9") == [9]
    for wrong in ("10-4", "0-3", "3-", "a-b", ""):
        with pytest.raises(BadInput, match="Frames can't be"):
            frames_of(wrong)


def test_what_is_chosen_follows_frames_times_and_clips() -> None:
    assert chosen_in({}, CLIP) == [Span(0, 100)]
    assert chosen_in({"frames": "11-20,91-"}, CLIP) == [Span(10, 20), Span(90, 100)]
    assert chosen_in({"times": "0:01-0:02"}, CLIP) == [Span(25, 50)]
    assert chosen_in({"clips": "take"}, CLIP) == [Span(0, 100)]
    assert chosen_in({"clips": "other.mp4"}, CLIP) == []
    assert chosen_in({"frames": "x"}, CLIP) == []


def test_a_range_is_chosen_too_or_left_out() -> None:
    assert turned(CLIP._replace(chosen=(Span(0, 100),)), 30, 20) == "21-31"
    some = CLIP._replace(chosen=(Span(10, 20),))
    assert turned(some, 15, 29) == "11-30"
    assert turned(some, 12, 13) == "11-12,15-20"
    with pytest.raises(BadInput, match="No frame would be left"):
        turned(some, 10, 19)


def test_runs_close_the_steps_between_looked_at_frames() -> None:
    assert runs([0, 2, 4, 9], 2) == [Span(0, 5), Span(9, 10)]
    assert runs([0, 2], 1) == [Span(0, 1), Span(2, 3)]
    assert first_of([Span(10, 13), Span(50, 60)], 5) == [Span(10, 13), Span(50, 52)]


@given(st.integers(1, 300), st.integers(1, 80))
def test_a_whole_clip_covers_every_column(frames: int, columns: int) -> None:
    assert coverage([Span(0, frames)], frames, columns) == pytest.approx([1.0] * columns)
    assert sum(coverage([Span(0, 1)], frames, columns)) == pytest.approx(columns / frames)


def extracted(workspace: Path) -> Project:
    """A target with two people, looked at every second frame."""
    project = Project.create(workspace, "film")
    with Store(project.db_path) as store, store.batch():
        media = store.add_media(
            hash="t", path="media/target/take.mp4", side="target", name="take", width=64,
            height=48, time_base_num=1, time_base_den=25, fps_num=25, fps_den=1, frames=40,
            done=1, settings=json.dumps({"settings": {"every": 2}}),
        )  # fmt: skip
        for index in range(0, 20, 2):
            frame = store.add_frame(media.id, index, index)
            for n in range(1 + (index < 6)):
                store.add_face(
                    frame, n, left=0.0, top=0.0, right=9.0, bottom=9.0, score=1.0, detector="x",
                    points=bytes(68 * 8), aligner="x", crop="x.jpg", cluster=n,
                )  # fmt: skip
    return project


def report_of(project: Project, **more: object) -> None:
    """A finished clip whose frame 3 is the blurred one."""
    quality = {
        "figures": {"sharpness": {"median": 0.9, "tail": 0.5, "faces": 2, "worst": [2]}},
        "rows": [{"frame": 2, "face": 0, "figures": {"sharpness": 0.4}}],
        "lost": [],
    }
    told = {
        "clip": "take", "source": "take.mp4", "video": "take.mp4", "frames": 40,
        "frames_swapped": 10, "iterations": 500, "quality": quality, **more,
    }  # fmt: skip
    (project.path / "out").mkdir(exist_ok=True)
    (project.path / "out" / "take.json").write_text(json.dumps(told))


def test_a_clip_is_told_from_store_shots_and_report(tmp_workspace: Path) -> None:
    project = extracted(tmp_workspace)
    set_shot(project, "take", 8, {"colour": "mkl"})
    report_of(project, kept=[[10, 20], [30, 40]], settings={"outside": "drop"})
    (clip,) = read_segments(project)
    assert clip.faces == {0: (Span(0, 19),), 1: (Span(0, 5),)}
    assert [shot.first for shot in clip.shots] == [8]
    assert clip.done == (Span(10, 20), Span(30, 40))
    assert clip.worst == {12: "sharpness"}
    report = read_report(project.path / "out" / "take.json")
    assert report is not None
    (one,) = worst(report)
    assert (one.frame, one.source, one.value, one.median) == (2, 12, 0.4, 0.9)


def test_a_conversion_at_work_is_told_from_its_journal(tmp_workspace: Path) -> None:
    project = extracted(tmp_workspace)
    report_of(project)
    work = project.path / "out" / ".work" / "take"
    work.mkdir(parents=True)
    (work / "journal.json").write_text('{"v": 1, "parts": [{"frames": 24}, {"frames": 6}]}')
    (clip,) = read_segments(project)
    assert (clip.done, clip.state) == ((Span(0, 30),), "30 frames so far")


def test_a_choice_is_written_into_the_project_and_says_what_was(tmp_workspace: Path) -> None:
    project = extracted(tmp_workspace)
    assert choose(project, {"frames": "3-9"}) == {"frames": "", "times": "", "clips": ""}
    assert choose(project, {"times": "0:01-"})["frames"] == "3-9"
    assert Project.open(project.path).settings("convert") == {"times": "0:01-"}
    with pytest.raises(BadInput):
        choose(project, {"frames": "nine"})
    assert Project.open(project.path).settings("convert") == {"times": "0:01-"}
