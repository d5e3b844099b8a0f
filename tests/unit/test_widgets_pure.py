"""The parts of the widgets that need no terminal: words, smoothing, axes, dots, columns, paths."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from engine.history import Point
from engine.protocol import Progress, Snapshot, State
from fstui.widgets.axes import Axis, step_axis, value_axis
from fstui.widgets.canvas import SHADE, Canvas
from fstui.widgets.columns import Column, Row, lay_out
from fstui.widgets.curves import curves, extent
from fstui.widgets.filter import matches
from fstui.widgets.paths import candidates, complete
from fstui.widgets.plain import to_ascii
from fstui.widgets.progress import bar_text
from fstui.widgets.rowlines import Painter
from fstui.widgets.smooth import ema, median_filter, smooth
from fstui.widgets.status import words_of
from fstui.widgets.words import SIGNS, clip, duration, engineering, fit, rate, shorten

NAN = math.nan


# --- words -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (99.4, "99 s"),
        (720, "12 min"),
        (11400, "3 h 10"),
        (187200, "2 d 4 h"),
        (None, "-"),
        (math.inf, "-"),
        (-1, "-"),
    ],
)
def test_duration_in_words(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.02, "0.02"),
        (0.001, "0.001"),
        (0.0005, "500e-6"),
        (0.00002, "20e-6"),
        (1, "1"),
        (999, "999"),
        (1500, "1.5k"),
        (12_000_000, "12M"),
        (1000, "1k"),
        (NAN, "nan"),
        (-0.02, "-0.02"),
    ],
)
def test_engineering_form(value: float, text: str) -> None:
    assert engineering(value) == text


def test_rate_below_one_turns_round() -> None:
    assert rate(12.34, "frame") == "12.3 frame/s"
    assert rate(0.25, "iteration") == "4.0 s/iteration"
    assert rate(0, "frame") == ""


def test_name_is_cut_in_the_middle_and_keeps_number_and_extension() -> None:
    short = shorten("a_very_long_name_of_a_clip_000123.png", 20)
    assert short.startswith("a_very")
    assert short.endswith("000123.png")
    assert "…" in short
    assert cell_len(short) == 20


@given(st.text(max_size=40), st.integers(0, 30), st.booleans(), st.booleans())
def test_fitted_text_has_exactly_its_width(
    text: str, width: int, right: bool, ascii_only: bool
) -> None:
    fitted = fit(text, width, right=right, ascii_only=ascii_only)
    assert cell_len(fitted) == width
    assert fitted.isprintable()
    assert fitted.isascii() or not ascii_only


@pytest.mark.parametrize("ascii_only", [False, True])
def test_of_a_sentence_the_end_is_left_out(ascii_only: bool) -> None:
    dots = "..." if ascii_only else "…"
    whole = "Side A has 24 faces and training needs 25"
    assert clip(whole, 99, ascii_only) == whole
    cut = clip(whole, 24, ascii_only)
    assert cut.endswith(dots)
    assert whole.startswith(cut.removesuffix(dots))
    assert cell_len(cut) <= 24
    assert cell_len(clip("人" * 20, 9, ascii_only)) <= 9
    assert clip(whole, 1, ascii_only) == ""


def test_escapes_never_reach_the_screen() -> None:
    assert "\x1b" not in shorten("\x1b[31mred\x1b]0;title\x07.png", 30)


def test_each_state_has_a_sign_and_ascii_one_is_ascii() -> None:
    assert set(SIGNS) == set(State)
    assert all(cell_len(a) == cell_len(b) == 1 and b.isascii() for a, b in SIGNS.values())


def test_status_words_say_all_that_matters() -> None:
    progress = Progress(120, 400, 2.5, "frame", 112.0)
    snapshot = Snapshot(state=State.RUNNING, stage="extract", side="a", step=0, steps=2,
                        progress=progress, device="gpu:0", warnings=1)  # fmt: skip
    assert words_of(snapshot) == [
        "► extracting A (step 1 of 2)", "120 of 400 frames", "2 min left", "2.5 frame/s", "gpu:0",
        "1 warning",
    ]  # fmt: skip
    failed = Snapshot(state=State.FAILED, message="No face\x1b[2J in 'x'.")
    assert words_of(failed, ascii_only=True) == ["x failed", "No face[2J in 'x'."]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"heartbeat": 1.0}, ["> stalled", "silent for 70 s"]),
        ({"stage": "watch"}, ["> watching"]),
        ({"state": State.WAITING}, [". waiting for a free device"]),
        ({"state": State.CRASHED, "message": "by signal 9"}, ["! crashed (signal 9): train"]),
        ({"phase": "saving", "phase_since": 69.0}, ["> training", "saving"]),
    ],
)
def test_the_line_says_what_lists_say(changes: dict[str, Any], said: list[str]) -> None:
    snapshot = Snapshot(state=State.RUNNING, stage="train", heartbeat=71.0)
    for name, value in changes.items():
        setattr(snapshot, name, value)
    assert words_of(snapshot, ascii_only=True, now=71.0)[: len(said)] == said


def test_a_job_that_ended_is_named_with_what_it_said() -> None:
    ended = Snapshot(state=State.FAILED, stage="train", message="Side A has too few faces.")
    assert words_of(ended, ascii_only=True) == ["x failed: train", "Side A has too few faces."]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.999, 1.0])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_bar_is_full_only_at_the_end(share: float, ascii_only: bool) -> None:
    bar = bar_text(share, 20, ascii_only)
    assert cell_len(bar) == 20
    assert (bar in ("█" * 20, "[" + "#" * 18 + "]")) is (share == 1.0)


def test_filter_wants_all_words_in_any_case() -> None:
    assert matches("IMG 12", "img_0012.PNG")
    assert not matches("img 13", "img_0012.PNG")
    assert matches("", "anything")


@given(st.text(max_size=30))
def test_ascii_keeps_the_columns(text: str) -> None:
    plain = to_ascii(text)
    assert plain.isascii()
    if all(cell_len(c) for c in text):
        assert len(plain) == sum(map(cell_len, text))


# --- smoothing -------------------------------------------------------------------------------


def test_average_of_a_constant_is_the_constant_from_the_start() -> None:
    assert ema([3.0] * 50, 10) == pytest.approx([3.0] * 50)


def test_average_follows_and_steps_over_gaps() -> None:
    got = ema([0.0] * 100 + [1.0] * 100 + [NAN, 1.0], 10)
    assert got[99] == pytest.approx(0)
    assert got[199] == pytest.approx(1, abs=1e-6)
    assert math.isnan(got[200])
    assert got[201] == pytest.approx(1, abs=1e-6)


def test_single_spike_is_gone_from_the_smoothed_curve() -> None:
    values = [0.1] * 20 + [9.0] + [0.1] * 20
    assert median_filter(values, 3)[20] == 0.1
    assert max(smooth(values, 8)) < 0.2


@given(st.lists(st.floats(0.001, 10), min_size=2, max_size=60))
def test_new_value_never_moves_the_curve_behind_it(values: list[float]) -> None:
    assert smooth(values[:-1], 8) == smooth(values, 8)[:-1]


# --- axes ------------------------------------------------------------------------------------


@given(st.floats(1e-6, 1e3), st.floats(1.0, 1e4), st.booleans())
def test_value_axis_holds_its_values(low: float, factor: float, log: bool) -> None:
    axis = value_axis(low, low * factor, log, None)
    assert 0 <= axis.place(low) <= axis.place(low * factor) <= 1
    ticks = axis.ticks(6)
    assert 1 <= len(ticks) <= 6
    assert all(-1e-6 <= axis.place(t) <= 1 + 1e-6 for t in ticks)


@pytest.mark.parametrize("log", [False, True])
def test_axis_stays_while_the_values_wander_inside_it(log: bool) -> None:
    axis = value_axis(0.02, 0.3, log, None)
    assert value_axis(0.021, 0.28, log, axis) is axis
    assert value_axis(0.02, 5.0, log, axis) is not axis
    assert value_axis(0.02, 0.024, log, axis) is not axis, "a flat line at the bottom"


def test_steps_axis_moves_seldom_while_training_goes_on() -> None:
    axis = None
    moved = 0
    for last in range(1000, 100_000, 50):
        new = step_axis(0, last, 200, axis)
        assert 0.35 < new.place(last) <= 1
        moved += new is not axis
        axis = new
    assert moved < 30, "1980 points, and hardly a full repaint"


# --- dots ------------------------------------------------------------------------------------


def test_dots_of_a_braille_cell() -> None:
    canvas = Canvas(1, 1)
    canvas.dot(0, 0, 2)
    assert next(canvas.row(0)) == ("⡀", 2)
    canvas.dot(1, 3, 4)
    assert next(canvas.row(0)) == ("⡈", 6)
    canvas.dot(5, 5, 2)  # outside


def test_shade_gives_way_to_a_curve() -> None:
    canvas = Canvas(2, 1, "")
    canvas.vertical(0, 0, 3, SHADE)
    canvas.vertical(2, 0, 3, SHADE)
    canvas.dot(2, 0, 2)
    assert [c for c, _ in canvas.row(0)] == ["⡇", "⡀"]


def point(iteration: int, a: float, b: float) -> Point:
    return Point(iteration, 0.0, a, b, 1.0, a, a, b, b)


def test_bins_are_means_weighted_by_iterations() -> None:
    points = [point(0, 1.0, 1.0), point(10, 1.0, 1.0), point(100, 4.0, 1.0)]
    found = curves(points, Axis(0, 1000), 10)
    assert found.a.mean[0] == pytest.approx(1.0)
    assert found.a.mean[1] == pytest.approx(4.0)
    found = curves(points, Axis(0, 1000), 1)
    assert found.a.mean[0] == pytest.approx((1 * 10 + 1 * 10 + 4 * 90) / 110)
    assert (found.a.low[0], found.a.high[0]) == (1.0, 4.0)
    assert found.a.last == 4.0


def test_loss_that_is_no_number_is_marked_and_left_out() -> None:
    points = [point(0, 0.1, 0.2), point(50, NAN, 0.2), point(99, 0.1, math.inf)]
    found = curves(points, Axis(0, 100), 100)
    assert found.bad == {50, 99}
    assert math.isnan(found.a.mean[50])
    assert extent(found) == (0.1, 0.2)
    assert extent(curves([point(0, NAN, NAN)], Axis(0, 1), 4)) is None


# --- columns ---------------------------------------------------------------------------------

COLUMNS = [Column("name", least=10), Column("n", 6), Column("state", 8)]


def test_sharing_column_gets_the_rest() -> None:
    assert lay_out(COLUMNS, 80) == [(0, 80 - 6 - 8 - 3), (1, 6), (2, 8)]


@pytest.mark.parametrize(("sentence", "text"), [(True, "look at ever…"), (False, "look…1 is all")])
def test_a_column_of_sentences_leaves_out_their_end(sentence: bool, text: str) -> None:
    columns = [Column("What it is", 13, sentence=sentence)]
    painter = Painter(columns, lay_out(columns, 14), 20, lambda _: Style(), ascii_only=False)
    row = Row("every", ("look at every nth frame: 1 is all",))
    assert text in painter.entry(row, " ", cursor=False, marked=False).text


def test_what_does_not_fit_is_reached_by_shifting() -> None:
    assert [p.number for p in lay_out(COLUMNS, 20)] == [0, 1]
    assert [p.number for p in lay_out(COLUMNS, 20, shift=1)] == [0, 2]


@given(st.integers(1, 120), st.integers(0, 5))
def test_columns_never_exceed_the_width(width: int, shift: int) -> None:
    places = lay_out(COLUMNS, width, shift)
    assert places
    assert sum(p.width for p in places) + len(places) <= max(width, 2)


# --- paths -----------------------------------------------------------------------------------


@pytest.fixture
def footage(tmp_path: Path) -> Path:
    """A folder with media, a sub-folder, a text file, a hidden file, a name with an escape."""
    for name in ("woman_1.mp4", "woman_2.MOV", "notes.txt", ".hidden.mp4", "e\x1b[31m.mp4"):
        (tmp_path / name).touch()
    (tmp_path / "frames").mkdir()
    return tmp_path


def test_candidates_are_folders_and_media_only(footage: Path) -> None:
    assert candidates(f"{footage}/").names == ("frames/", "woman_1.mp4", "woman_2.MOV")
    assert candidates(f"{footage}/.h").names == (".hidden.mp4",)


def test_candidates_are_what_is_asked_for(footage: Path) -> None:
    (footage / "net.PTH").touch()
    assert candidates(f"{footage}/", (".pth", ".h5")).names == ("frames/", "net.PTH")
    assert candidates(f"{footage}/", ()).names == ("frames/",)
    assert candidates(f"{footage}/w", ()).problem == "No folder begins like this."
    none = "No folder and no file in .pth, .h5 begins like this."
    assert candidates(f"{footage}/w", (".pth", ".h5")).problem == none


def test_completion_goes_as_far_as_all_agree(footage: Path) -> None:
    assert complete(candidates(f"{footage}/wo")) == f"{footage}/woman_"
    assert complete(candidates(f"{footage}/f")) == f"{footage}/frames/"
    assert complete(candidates(f"{footage}/zzz")) == f"{footage}/zzz"


def test_home_is_expanded_and_kept_as_typed(footage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(footage))
    assert complete(candidates("~")) == "~/"
    assert complete(candidates("~/woman_1")) == "~/woman_1.mp4"


def test_missing_folder_is_said(footage: Path) -> None:
    assert "no such folder" in candidates(f"{footage}/gone/x").problem
    assert "is a file" in candidates(f"{footage}/notes.txt/x").problem


def test_huge_folder_is_not_listed_whole(tmp_path: Path) -> None:
    for i in range(300):
        os.close(os.open(tmp_path / f"{i:04}.png", os.O_CREAT))
    found = candidates(f"{tmp_path}/")
    assert len(found.names) == 200
    assert found.common == "0"


# --- imports ---------------------------------------------------------------------------------


def test_widgets_load_nothing_heavy() -> None:
    """Pillow comes with the first picture only."""
    code = (
        "import sys, pkgutil, importlib, fstui.widgets as w\n"
        "for m in pkgutil.iter_modules(w.__path__, 'fstui.widgets.'):\n"
        "    importlib.import_module(m.name)\n"
        "print([m for m in ('PIL', 'numpy', 'cv2', 'av', 'tensorflow', 'watchdog', 'tomlkit')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
