"""Two runs of training in one chart, and the settings in which they differ."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from engine.history import Point
from engine.protocol import safe_text
from fstui.i18n import tr
from fstui.model import runs, words
from fstui.model.runs import Run
from fstui.rooms.choice import Choice
from fstui.rooms.lines import Listing
from fstui.rooms.over import Over
from fstui.rooms.start import label_of, words_of
from fstui.threads import deliver, in_thread
from fstui.widgets.chart import Chart
from fstui.widgets.rows import Column, Row, Rows

RUNS = (
    Column("Project", least=10),
    Column("Run", 16),
    Column("From", 10, right=True),
    Column("To", 10, right=True),
    Column("Time", 9, right=True),
    Column("EGs/s", 8, right=True),
)
SETTINGS = (Column("Setting", 22), Column("1", least=10), Column("2", least=10))


class Runs(Over):
    """All runs of the workspace: one or two of them are held against each other."""

    DEFAULT_CSS = "Runs { align: center middle; background: $background 60%; }"

    def __init__(self, workspace: Path, here: Path) -> None:
        super().__init__()
        self._workspace, self._here = workspace, here
        self._runs: list[Run] = []

    def compose(self) -> ComposeResult:
        """Title and list."""
        with Vertical(classes="dialog dialog-tall"):
            title = tr("Compare with (enter), or mark two (space, then enter; esc closes)")
            yield Static(Content(title), classes="dialog--title")
            yield Rows(RUNS, empty=tr("The diaries are being read ..."), marks=True)

    def on_mount(self) -> None:
        """Read them in a thread."""
        self.query_one(Rows).focus()
        self._read()

    @in_thread()
    def _read(self) -> None:
        deliver(self, self._shown, runs.runs_of(self._workspace, self._here))

    def _shown(self, found: list[Run]) -> None:
        self._runs = found
        empty = tr("Nothing was trained in this workspace yet.")
        self.query_one(Rows).show([run_row(run) for run in found], empty=empty)

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        """Two that are marked; the marked one and this; else the whole of this model and this."""
        marked = [run for run in self._runs if run.key in message.rows.marked]
        chosen = next(run for run in self._runs if run.key == message.key)
        others = [run for run in marked or self._runs[:1] if run.key != chosen.key]
        pair = marked if len(marked) == 2 else [*others[:1], chosen]
        if len(pair) == 2 and len(marked) <= 2:
            self.app.push_screen(Compare(pair[0], pair[1]))
        else:
            told = tr("That is one run: mark another with space.")
            more = tr("More than two are marked: space takes marks back.")
            self.notify(more if len(marked) > 2 else told, severity="warning", markup=False)


class Versus(Chart):
    """One side's losses of two runs."""

    letters: ClassVar[tuple[str, str]] = ("1", "2")
    least_step: ClassVar[float] = 1e-4


class Compare(Over):
    """Both curves along iterations or hours of training."""

    DEFAULT_CSS = """
    Compare { align: center middle; background: $background 60%; }
    Compare .dialog--row { height: 1; }
    Compare Choice { width: 20; margin: 0 2 0 0; }
    Compare Listing { height: 7; margin: 1 0 0 0; }
    """

    def __init__(self, first: Run, second: Run) -> None:
        super().__init__()
        self._pair = (first, second)
        self._points: tuple[list[Point], ...] = ([], [])

    def compose(self) -> ComposeResult:
        """Names, what is drawn, the chart, the settings."""
        sides = [(tr("loss A"), "a"), (tr("loss B"), "b")]
        along = [(tr("iterations"), False), (tr("hours trained"), True)]
        scales = [(tr("logarithmic"), True), (tr("linear"), False)]
        with Vertical(classes="dialog dialog-tall"):
            names = "   ".join(f"{n}: {run_name(run)}" for n, run in enumerate(self._pair, 1))
            yield Static(Content(safe_text(names)), classes="dialog--title")
            with Horizontal(classes="dialog--row"):
                yield Choice(sides, "a", id="side")
                yield Choice(along, False, id="along")
                yield Choice(scales, True, id="scale")
            yield Versus(empty=tr("The losses are being read ..."))
            yield Listing(SETTINGS, empty=tr("Both were trained with the same settings."))

    def on_mount(self) -> None:
        """Settings at once, losses from a thread."""
        found = runs.differing(*self._pair)
        rows = [Row(n, (label_of(n), _told(one), _told(other))) for n, one, other in found]
        self.query_one(Listing).show(rows)
        self.query_one("#side").focus()
        self._read()

    @in_thread()
    def _read(self) -> None:
        deliver(self, self._shown, [runs.points_of(run) for run in self._pair])

    def _shown(self, points: list[list[Point]]) -> None:
        self._points = tuple(points)
        self.query_one(Versus).empty = tr("No losses were written for either of them.")
        self._draw()

    @on(Choice.Turned)
    def _draw(self) -> None:
        """As the choices stand."""
        side, by_hours, log = (
            self.query_one(f"#{name}", Choice).value for name in ("side", "along", "scale")
        )
        chart = self.query_one(Versus)
        chart.log_scale = log
        first, second = (
            runs.aligned(run, points, side, by_hours=by_hours)
            for run, points in zip(self._pair, self._points, strict=True)
        )
        chart.draw(first, second)


def _told(value: Any) -> str:
    return safe_text(words_of(value))


def run_name(run: Run) -> str:
    """`demo, all` or `demo, 2026-11-27 14:20`."""
    return f"{run.project.name}, {_when(run)}"


def run_row(run: Run) -> Row:
    """One run."""
    return Row(
        run.key,
        (
            safe_text(run.project.name),
            _when(run),
            words.count(run.first),
            words.count(run.reached),
            words.duration(run.seconds),
            f"{run.rate:.1f}",
        ),
    )


def _when(run: Run) -> str:
    if run.session is None:
        return tr("all")
    return f"{datetime.fromtimestamp(run.began).astimezone():%Y-%m-%d %H:%M}"
