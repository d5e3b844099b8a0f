"""Which frames are looked at: the settings frames, times and every, and what is left of them."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import BadInput
from engine.extract.selection import READ_ON_FRAMES, Selection, check
from engine.media.probe import MediaInfo
from engine.media.read import Run
from engine.settings import ExtractSettings
from engine.spans import Span, frame_spans, time_spans

FOLDER = Path("folder")


def pictures(frames: int) -> MediaInfo:
    """A folder of pictures, 25 a second."""
    return MediaInfo("images", 64, 48, 25, 1, 1, 25, frames, frames / 25)


def selected(length: int = 500, **values: object) -> Selection:
    settings = ExtractSettings(**values)  # type: ignore[arg-type]
    return Selection.of(settings, FOLDER, pictures(length))


def wanted(selection: Selection, frames: int) -> list[int]:
    return [i for i in range(frames) if selection.wanted(i)]


def test_frames_count_from_one_and_hold_both_ends() -> None:
    assert wanted(selected(frames="1-3, 6,9-"), 12) == [0, 1, 2, 5, 8, 9, 10, 11]
    assert wanted(selected(frames="5-7,1-5"), 12) == [0, 1, 2, 3, 4, 5, 6]
    assert wanted(selected(), 4) == [0, 1, 2, 3]


def test_every_counts_from_the_mediums_beginning() -> None:
    assert wanted(selected(frames="3-11", every=4), 20) == [4, 8]


def test_times_mean_the_frames_that_begin_in_them() -> None:
    assert time_spans("0:10-0:25.5,1:02-,1:00:00-1:00:01,90-95") == [
        (10.0, 25.5),
        (62.0, None),
        (3600.0, 3601.0),
        (90.0, 95.0),
    ]
    assert wanted(selected(times="0:01-0:01.08"), 60) == [25, 26, 27]
    assert wanted(selected(times="0:01.001-1.07"), 60) == [26]


def test_a_frame_must_be_in_both_frames_and_times() -> None:
    assert wanted(selected(frames="1-27,30-", times="1-1.2"), 60) == [25, 26, 29, 30]
    assert wanted(selected(frames="1-5", times="1-"), 60) == []


@pytest.mark.parametrize(
    "text", ["0", "0-5", "5-3", "-3", "a", "1-2-3", "1;5", "5-0", "1.5", "²", "9" * 30, ","]
)
def test_frames_that_make_no_sense_are_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(BadInput, match=r"^The setting frames .* as in 1-250,300-\.$"):
        check(ExtractSettings(frames=text))


@pytest.mark.parametrize(
    "text", ["10", "0:25-0:10", "a-b", "-5", "0:99-", "1:99:00-", "1:2:3:4-", "1-2-3", "1e3-", ","]
)
def test_times_that_make_no_sense_are_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(BadInput, match=r"^The setting times .*0:10-0:25\.5,1:02-\.$"):
        check(ExtractSettings(times=text))


def test_what_is_typed_is_shown_without_control_characters() -> None:
    with pytest.raises(BadInput) as caught:
        frame_spans("1\x1b[31m")
    assert "\x1b" not in str(caught.value)


def test_a_gap_that_is_longer_than_a_seek_parts_the_runs_of_a_video() -> None:
    near = Selection((Span(0, 10), Span(10 + READ_ON_FRAMES, None)), 1, None, None, True)
    far = Selection((Span(0, 10), Span(11 + READ_ON_FRAMES, None)), 1, None, None, True)
    assert list(near.runs()) == [Run(0, None, 1, frozenset(range(10, 10 + READ_ON_FRAMES)))]
    assert list(far.runs()) == [Run(0, 10), Run(11 + READ_ON_FRAMES, None)]
    assert len(list(selected(10_000, frames="1-10,9000-").runs())) == 1


def test_a_thinner_look_goes_on_with_what_is_between() -> None:
    selection = selected(12, every=2)
    (run,) = selection.runs(range(0, 12, 4))
    assert [i for i in range(12) if run.takes(i)] == [2, 6, 10]
    assert list(selection.runs(range(0, 12, 2))) == []
    assert selection.count_left(range(0, 12, 4)) == 3


def test_the_number_of_frames_is_told_where_it_is_known() -> None:
    assert selected(100).count() == 100
    assert selected(100, frames="91-300", every=3).count() == 4
    assert selected(100, frames="300-").count() == 0
    unknown = Selection((Span(0, 10), Span(20, None)), 1, None, None, True)
    assert unknown.count() is None
    assert Selection((Span(0, 10),), 1, None, None, True).count() == 10


spans = st.lists(
    st.tuples(st.integers(1, 900), st.integers(0, 200) | st.none()), min_size=0, max_size=5
)


@given(
    spans,
    st.integers(1, 7),
    st.sets(st.integers(0, 999), max_size=60),
    st.integers(1, 900),
    st.booleans(),
    st.booleans(),
)
def test_runs_cover_what_is_wanted_and_was_not_looked_at(
    typed: list[tuple[int, int | None]],
    every: int,
    looked: set[int],
    frames: int,
    known: bool,
    is_video: bool,
) -> None:
    text = ",".join(f"{a}-{'' if n is None else a + n}" for a, n in typed)
    selection = Selection(
        tuple(frame_spans(text)),
        every,
        frames if known else None,
        frames if known else None,
        is_video,
    )
    asked = {
        i
        for i in range(frames)
        if i % every == 0
        and (not typed or any(a <= i + 1 and (n is None or i + 1 <= a + n) for a, n in typed))
    }
    runs = list(selection.runs(looked))
    read = [i for run in runs for i in range(frames) if run.takes(i)]
    assert read == sorted(asked - looked)
    assert all(selection.wanted(i) == (i in asked) for i in range(frames))
    assert all(a.stop is not None and a.stop <= b.start for a, b in itertools.pairwise(runs))
    if known:
        assert selection.count_left(looked) == len(asked - looked)
