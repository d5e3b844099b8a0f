"""The diary of a model: what was written is read, a killed session has no end, junk is skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import sessions
from engine.sessions import Diary


def test_a_session_is_read_as_it_was_written(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    diary.begin("job-1", 100, faces_a=30, faces_b=40, batch=8, settings={"zoom": 3.0})
    diary.mark("save", 350, seconds=20.0, examples=4000)
    diary.mark("change", 400, "batch 8 to 4")
    diary.end(450, "trained", seconds=30.0, examples=5600)
    (one,) = sessions.read(tmp_path)
    assert (one.job, one.first, one.last, one.seconds) == ("job-1", 100, 450, 30.0)
    assert (one.faces_a, one.faces_b, one.batch, one.settings) == (30, 40, 8, {"zoom": 3.0})
    assert [(m.kind, m.iteration, m.words) for m in one.marks] == [
        ("save", 350, ""),
        ("change", 400, "batch 8 to 4"),
    ]
    assert one.rate == pytest.approx(5600 / 30.0)
    assert (one.how, one.ended is not None) == ("trained", True)


def test_a_killed_session_goes_up_to_its_last_mark(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    diary.begin("job-1", 0, faces_a=30, faces_b=30, batch=2, settings={})
    diary.mark("save", 250, seconds=10.0, examples=1000)
    diary.begin("job-2", 250, faces_a=30, faces_b=30, batch=2, settings={})
    first, second = sessions.read(tmp_path)
    assert (first.last, first.ended, first.rate) == (250, None, 100.0)
    assert (second.first, second.last, second.rate) == (250, 250, 0.0)


def test_lines_that_are_none_are_left_out(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    diary.mark("save", 5)  # of no session
    diary.begin("job-1", 0)
    with open(diary.path, "ab") as file:
        file.write(b'\xff{"torn": \n{"t":1.0,"k":"save","data":{"iteration":"x"}}\n{"t":')
    diary.end(10, "trained")  # begins a line of its own after the torn one
    (one,) = sessions.read(tmp_path)
    assert (one.marks, one.last, one.how) == ([], 10, "trained")


def test_nothing_was_trained(tmp_path: Path) -> None:
    assert sessions.read(tmp_path) == []


def test_marks_are_read_on_with_the_beginnings_of_jobs(tmp_path: Path) -> None:
    diary = Diary(tmp_path)
    assert sessions.marks_from(tmp_path) == ([], sessions.BEGINNING)
    diary.begin("job-1", 100)
    diary.mark("save", 350)
    first, place = sessions.marks_from(tmp_path)
    assert [(m.kind, m.iteration) for m in first] == [("begin", 100), ("save", 350)]
    diary.mark("change", 400, "batch 4")
    diary.end(450, "trained")
    (change,), _ = sessions.marks_from(tmp_path, place)
    assert (change.kind, change.words) == ("change", "batch 4")
