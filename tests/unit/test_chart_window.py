"""Moving through a history: zoom, scroll, following the newest; axes of local time; marks."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.sessions import Mark
from fstui.widgets.axes import DAY_S, HOUR_S, Axis, clock_axis, step_axis
from fstui.widgets.chartmarks import in_words, on_axis
from fstui.widgets.window import LEAST, STEPS, Window


def test_all_is_seen_at_first_and_again_when_zoomed_out_as_far() -> None:
    assert Window().bounds(10, 9_000) == (10, 9_000)
    near = Window().zoomed(True, 0, 8_000)
    assert near == Window(4_000)
    assert near.zoomed(False, 0, 8_000) == Window()
    assert Window(LEAST).zoomed(True, 0, 8_000) == Window(LEAST), "no closer than that"


def test_a_window_at_the_end_follows_the_newest_in_few_steps() -> None:
    window = Window(800)
    seen = {window.bounds(0, last) for last in range(5_000, 5_800)}
    assert len(seen) <= STEPS + 1, "each move draws the whole chart anew"
    for last in range(5_000, 5_800, 37):
        low, high = window.bounds(0, last)
        assert low < last <= high
        assert last - low >= 800 * (STEPS - 1) / STEPS


def test_scrolling_back_holds_still_and_forth_to_the_end_is_live_again() -> None:
    back = Window(1_000).scrolled(-0.25, 0, 10_000)
    assert back == Window(1_000, 9_750)
    assert back.bounds(0, 20_000) == (8_750, 9_750), "what comes doesn't move it"
    assert back.scrolled(0.25, 0, 10_000) == Window(1_000)
    assert Window(1_000, 1_100).scrolled(-5, 0, 10_000) == Window(1_000, 1_000)
    assert Window().scrolled(-0.25, 0, 10_000) == Window(), "all is in sight"


def test_zooming_back_there_keeps_its_middle() -> None:
    closer = Window(1_000, 5_000).zoomed(True, 0, 10_000)
    assert closer.bounds(0, 10_000) == (4_250, 4_750)


def test_an_iteration_out_of_sight_is_brought_into_it() -> None:
    window = Window(1_000).holding(3_000, 0, 10_000)
    assert window.bounds(0, 10_000) == (2_500, 3_500)
    assert window.holding(3_400, 0, 10_000) == window
    assert Window().holding(3_000, 0, 10_000) == Window()


@given(
    st.integers(0, 10**7), st.integers(0, 10**7), st.lists(st.sampled_from("+-<>gG"), max_size=30)
)
def test_whatever_is_pressed_something_of_the_history_is_seen(
    first: int, more: int, keys: list[str]
) -> None:
    last, window = first + more, Window()
    for key in keys:
        if key in "+-":
            window = window.zoomed(key == "+", first, last)
        elif key in "<>":
            window = window.scrolled(0.25 if key == ">" else -0.25, first, last)
        else:
            window = Window() if key == "g" else Window(window.width)
        low, high = window.bounds(first, last)
        assert first <= low <= last
        assert low <= high


# --- axes ------------------------------------------------------------------------------------

NOON = time.mktime((2026, 11, 27, 12, 0, 0, 0, 0, -1))


@pytest.mark.parametrize(
    ("span", "labels"),
    [
        (4 * 60, ["12:00:00", "12:01:00", "12:02:00", "12:03:00", "12:04:00"]),
        (4 * HOUR_S, ["12:00", "13:00", "14:00", "15:00", "16:00"]),
        (4 * DAY_S, ["11-28", "11-29", "11-30", "12-01"]),
    ],
)
def test_times_are_labelled_at_round_local_ones(span: float, labels: list[str]) -> None:
    axis = Axis(NOON, NOON + span, clock=True)
    assert [axis.label(t) for t in axis.ticks(5)] == labels


def test_an_axis_of_a_year_has_few_ticks() -> None:
    axis = clock_axis(NOON, NOON + 365 * DAY_S, 160, None)
    assert axis.clock
    assert 2 <= len(axis.ticks(6)) <= 6


def test_an_axis_of_hours_has_dots_of_minutes() -> None:
    axis = step_axis(0.0, 0.5, 100, None, 1e-4)
    assert axis.high <= 0.6
    assert step_axis(0.0, 5.0, 100, None).high == 100.0, "an iteration has no parts"


# --- marks -----------------------------------------------------------------------------------


def at(mark: Mark) -> float:
    return mark.iteration


def test_what_matters_more_covers_a_save_and_is_never_left_out() -> None:
    marks = [Mark("save", i, 0.0) for i in range(0, 1000, 10)]
    marks += [Mark("rollback", 500, 0.0, "back to 480"), Mark("unheard-of", 700, 0.0)]
    found = on_axis(marks, Axis(0, 1000), 100, at)
    assert found[50] == "rollback"
    assert sorted(found.values()) == ["rollback", "save"], "crowded saves: the newest only"
    few = on_axis(marks[:20], Axis(0, 1000), 100, at)
    assert len(few) == 20


def test_the_newest_marks_in_sight_are_said_first() -> None:
    marks = [
        Mark("begin", 0, 0.0), Mark("change", 400, 0.0, "batch 8"), Mark("save", 500, 0.0),
        Mark("rollback", 600, 0.0, "back to 480"), Mark("change", 5000, 0.0, "out of sight"),
    ]  # fmt: skip
    said = in_words(marks, Axis(0, 1000), at, True)
    assert [text for _, text in said] == [
        "< 600 back to 480", "c 400 batch 8", "> 0 training began"
    ]  # fmt: skip
