"""The loss chart, the bar and the status line on a screen."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import pytest
from textual.app import ComposeResult

from engine.history import Point
from engine.protocol import Progress as Share
from engine.protocol import Snapshot, State
from engine.sessions import Mark
from fstui.widgets.chart import Chart
from fstui.widgets.display import LeanDisplay
from fstui.widgets.paint import StripView, changed_runs
from fstui.widgets.progress import Progress
from fstui.widgets.status import StatusLine

NAN = math.nan


def text_of(widget: StripView) -> list[str]:
    """The lines of a widget as they are on the screen."""
    return [widget.render_line(y).text for y in range(widget.content_size.height)]


def losses(count: int, step: int = 50) -> list[Point]:
    """A falls below B; both without noise."""
    values = [
        (0.02 + 0.3 * math.exp(-i / 100), 0.05 + 0.3 * math.exp(-i / 100)) for i in range(count)
    ]
    return [Point(i * step, 0.0, a, b, 1.0, a, a, b, b) for i, (a, b) in enumerate(values)]


def saves_at(iterations: Sequence[int]) -> list[Mark]:
    """Marks of saves."""
    return [Mark("save", i, 0.0) for i in iterations]


class ChartApp(LeanDisplay):
    """One chart, full screen."""

    def __init__(self, ascii_only: bool = False, **options: bool) -> None:
        super().__init__()
        self.ascii_only = ascii_only
        self.options = options

    def compose(self) -> ComposeResult:
        yield Chart(empty="No losses yet: s starts training.", **self.options)


async def painted(points: Sequence[Point], *, saves: Sequence[int] = (), ascii_only: bool = False,
                  size: tuple[int, int] = (80, 24), log: bool = True) -> list[str]:  # fmt: skip
    """A chart's lines."""
    app = ChartApp(ascii_only, log=log)
    async with app.run_test(size=size) as pilot:
        app.query_one(Chart).show(points, saves_at(saves))
        await pilot.pause()
        return text_of(app.query_one(Chart))


async def test_empty_chart_says_what_to_do() -> None:
    assert "No losses yet: s starts training." in "\n".join(await painted([]))


async def test_legend_has_the_last_values_as_written() -> None:
    points = [*losses(100), Point(5000, 0.0, 0.123456, 7.89e-5, 1.0, 0, 1, 0, 1)]
    legend = (await painted(points))[0]
    assert "A 0.1235" in legend
    assert "B 7.89e-05" in legend


async def test_curves_end_in_their_letters_with_the_higher_one_above() -> None:
    rows = await painted(losses(500))
    at = {
        letter: i
        for i, r in enumerate(rows[1:], 1)
        for letter in "AB"
        if r.rstrip().endswith(letter)
    }
    assert at["B"] < at["A"]


async def test_letters_of_equal_curves_stand_side_by_side() -> None:
    points = [p._replace(loss_b=p.loss_a, low_b=p.low_a, high_b=p.high_a) for p in losses(300)]
    rows = await painted(points)
    ends = [r.rstrip()[-1] for r in rows[1:] if r.rstrip() and r.rstrip()[-1] in "AB"]
    assert sorted(ends) == ["A", "B"]


async def test_labels_are_in_engineering_form() -> None:
    rows = await painted(losses(800, step=500))
    assert {"0.3", "0.1"} & {r.split("│")[0].strip() for r in rows}
    assert "100k" in rows[-1]
    assert "200k" in rows[-1]


async def test_log_and_linear() -> None:
    log, linear = await painted(losses(500)), await painted(losses(500), log=False)
    assert log[0].rstrip().endswith("log")
    assert linear[0].rstrip().endswith("linear")

    def row_of_tenth(rows: list[str]) -> int:
        return next(i for i, r in enumerate(rows) if r.split("│")[0].strip() == "0.1")

    assert row_of_tenth(log) < row_of_tenth(linear), "0.1 stands higher on a log scale"


async def test_loss_of_zero_falls_back_to_linear() -> None:
    points = [p._replace(loss_a=0.0, low_a=0.0) for p in losses(100)]
    assert (await painted(points))[0].rstrip().endswith("linear")


async def test_saves_are_marked_and_crowded_ones_not() -> None:
    axis = (await painted(losses(500), saves=[5000, 10_000]))[-2]
    assert axis.count("▴") == 2
    axis = (await painted(losses(500), saves=range(0, 25_000, 50)))[-2]
    assert axis.count("▴") == 1


@pytest.mark.parametrize("ascii_only", [False, True])
async def test_nan_leaves_a_gap_and_a_mark(ascii_only: bool) -> None:
    points = [
        p._replace(loss_a=NAN, loss_b=NAN, low_a=NAN, high_a=NAN, low_b=NAN, high_b=NAN)
        if 200 <= i < 300 else p
        for i, p in enumerate(losses(500))
    ]  # fmt: skip
    rows = await painted(points, ascii_only=ascii_only)
    cross = "x" if ascii_only else "\N{MULTIPLICATION SIGN}"
    columns = [x for x, c in enumerate(rows[-2]) if c == cross]
    assert len(columns) > 5
    inner = columns[1:-1]
    assert all(row[x] == " " for row in rows[1:-2] for x in inner), "no curve over the gap"


async def test_nothing_but_nan_is_still_a_chart() -> None:
    points = [Point(i, 0.0, NAN, NAN, 0.0, NAN, NAN, NAN, NAN) for i in range(10)]
    rows = await painted(points)
    assert "nan" in rows[0]
    assert "\N{MULTIPLICATION SIGN}" in rows[-2]


async def test_a_and_b_differ_without_colour_in_ascii() -> None:
    rows = await painted(losses(500), ascii_only=True)
    assert all(r.isascii() for r in rows)
    plot = "".join(rows[1:-2])
    assert "*" in plot
    assert "o" in plot


@pytest.mark.parametrize("size", [(80, 24), (60, 16), (30, 6), (20, 4), (10, 4), (200, 60)])
@pytest.mark.parametrize("count", [1, 2, 3, 500])
async def test_any_size_and_any_number_of_points(size: tuple[int, int], count: int) -> None:
    rows = await painted(losses(count), size=size)
    assert len(rows) == size[1]
    assert all(len(r) == size[0] for r in rows)


async def test_new_point_repaints_few_cells() -> None:
    app = ChartApp()
    points = losses(700)
    async with app.run_test(size=(120, 40)) as pilot:
        chart = app.query_one(Chart)
        chart.show(points[:600])
        await pilot.pause()
        counts = []
        for n in range(601, 700):
            before = [chart.render_line(y) for y in range(40)]
            chart.show(points[:n])
            await pilot.pause()
            after = [chart.render_line(y) for y in range(40)]
            runs = [r for a, b in zip(before, after, strict=True) for r in changed_runs(a, b)]
            counts.append(sum(x2 - x1 for x1, x2 in runs))
        assert sorted(counts)[len(counts) // 2] <= 20
        assert sum(c > 300 for c in counts) <= 2, "the scale moved too often"


async def test_chart_of_two_thousand_points_is_quick() -> None:
    app = ChartApp()
    async with app.run_test(size=(200, 50)) as pilot:
        chart = app.query_one(Chart)
        chart.show(losses(2000), saves_at(range(0, 100_000, 1000)))
        await pilot.pause()
        best = min(_timed(chart) for _ in range(5))
        assert best < 0.05


def _timed(chart: Chart) -> float:
    start = time.perf_counter()
    chart.paint(200, 50)
    return time.perf_counter() - start


class SmallApp(LeanDisplay):
    """The one-line widgets."""

    def compose(self) -> ComposeResult:
        yield Progress()
        yield StatusLine()


async def test_progress_shows_figures_and_is_empty_without_a_total() -> None:
    app = SmallApp()
    async with app.run_test(size=(45, 10)) as pilot:
        bar = app.query_one(Progress)
        bar.show(50, 200)
        await pilot.pause()
        assert text_of(bar) == ["██████████" + " " * 30 + "  25%"]
        bar.show(50, None)
        await pilot.pause()
        assert text_of(bar)[0].strip() == ""
        bar.show(300, 200)
        await pilot.pause()
        assert text_of(bar)[0].endswith(" 100%")


async def test_status_drops_the_least_important_first_and_keeps_the_note() -> None:
    app = SmallApp()
    progress = Share(41200, 100_000, 4.0, "iteration", 14700.0)
    snapshot = Snapshot(state=State.RUNNING, stage="train", iteration=41200, progress=progress,
                        device="gpu:0", phase="compiling")  # fmt: skip
    async with app.run_test(size=(100, 10)) as pilot:
        status = app.query_one(StatusLine)
        assert text_of(status)[0].strip() == "No job."
        status.show(snapshot, "remote 2 Hz")
        await pilot.pause()
        text = text_of(status)[0]
        assert text.startswith(
            "► training  it 41 200  compiling  4 h 05 left  4 iteration/s  gpu:0"
        )
        assert text.endswith("remote 2 Hz")
        await pilot.resize_terminal(46, 10)
        await pilot.pause()
        text = text_of(status)[0]
        assert text.startswith("► training  it 41 200  compiling")
        assert text.endswith("remote 2 Hz")


async def test_what_an_ended_job_said_is_cut_and_not_dropped() -> None:
    app = SmallApp()
    async with app.run_test(size=(40, 10)) as pilot:
        message = "Side A has 24 faces and training needs at least 25."
        app.query_one(StatusLine).show(Snapshot(State.FAILED, stage="train", message=message))
        await pilot.pause()
        text = text_of(app.query_one(StatusLine))[0]
        assert text.rstrip()[1:] == " failed: train  Side A has 24 faces an…"
