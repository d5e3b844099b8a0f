"""The report of a conversion: each clip's figures, its worst frames, and how these look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.errors import NothingToDo
from engine.project import Project
from engine.protocol import safe_text
from fstui.i18n import tr, tr_n
from fstui.model.pairs import Pairs
from fstui.model.report import SHORT, Report, Worst, converted, read_report, worst
from fstui.rooms.bars import KeyBar
from fstui.rooms.lines import Line, Lines
from fstui.rooms.worstframe import WorstFrame
from fstui.threads import deliver, in_thread
from fstui.widgets.columns import Column, Row
from fstui.widgets.rows import Rows
from fstui.widgets.words import fit

COLUMNS = (
    Column("frame", 8, right=True),
    Column("what is bad", least=24),
    Column("here", 8, right=True),
    Column("median", 8, right=True),
    Column("clip", 20),
)


NAME_COLUMNS = 29
"""Of a figure's name: with its numbers it fills the dialogue at 80 columns."""


class ReportView(ModalScreen[None]):
    """Figures of the clip under the cursor above the worst frames of all; enter shows one."""

    CSS_PATH = "../styles/convert.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", "Close")]

    def __init__(self, project: Project, clip: str) -> None:
        super().__init__()
        self._project, self._first = project, clip
        self._reports: dict[str, Report] = {}
        self._worst: list[Worst] = []
        self._pairs = Pairs()

    def compose(self) -> ComposeResult:
        """Title, figures, the worst frames."""
        with Vertical(classes="dialog dialog-tall"):
            title = tr("Report: enter shows a frame before and after, esc closes")
            yield Static(Content(title), classes="dialog--title")
            yield Lines(id="figures")
            yield Rows(COLUMNS, empty="...", id="worst")
            yield KeyBar()

    def on_mount(self) -> None:
        """Read."""
        self.query_one(Rows).focus()
        self._load()

    def on_unmount(self) -> None:
        """The pictures go."""
        self._pairs.close()

    @in_thread(exclusive=True, group="report")
    def _load(self) -> None:
        paths = [self._project.inside(f"out/{n}.json") for n in converted(self._project)]
        found = [report for path in paths if (report := read_report(path))]
        if not found:
            gone = tr("The reports are gone or can't be read: convert again makes them.")
            raise NothingToDo(gone)
        deliver(self, self._loaded, found)

    def problem(self, text: str) -> None:
        """Say in one sentence why there is nothing to list."""
        self.query_one(Rows).show([], empty=safe_text(text))

    def _loaded(self, found: Sequence[Report]) -> None:
        self._reports = {report.clip: report for report in found}
        self._worst = [one for report in found for one in worst(report)]
        self._worst.sort(key=lambda one: one.clip != self._first)
        rows = [Row(f"{one.clip}/{one.frame}", cells_of(one)) for one in self._worst]
        unmeasured = tr("No worst frames: the setting report was not full, or all was well.")
        self.query_one(Rows).show(rows, empty=unmeasured)
        here = self._first if self._first in self._reports else next(iter(self._reports), "")
        self._figures(here)

    @on(Rows.Moved)
    def _moved(self, event: Rows.Moved) -> None:
        self._figures(self._worst[event.index].clip)

    def _figures(self, clip: str) -> None:
        if clip in self._reports:
            self.query_one("#figures", Lines).show(figure_lines(self._reports[clip]))

    @on(Rows.Chosen)
    def _open(self, event: Rows.Chosen) -> None:
        view = WorstFrame(self._project, self._worst, event.index, self._pairs)

        def back(at: int | None) -> None:
            if at is not None:
                self.query_one(Rows).move_to(at)

        self.app.push_screen(view, back)

    def action_back(self) -> None:
        """Close."""
        self.dismiss(None)


def cells_of(one: Worst) -> tuple[str, ...]:
    """A row of the list."""
    why = tr(SHORT.get(one.why, one.why))
    return (str(one.frame + 1), why, _number(one.value), _number(one.median), safe_text(one.clip))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def figure_lines(report: Report) -> list[Line]:
    """What was measured of a clip: a line a figure."""
    models = tr_n("{n} model", "{n} models", len(report.parts)).format(n=len(report.parts))
    if not report.parts:
        models = tr("model iteration {n}").format(n=report.iterations)
    head = tr("{video}: {swapped} of {frames} frames swapped, {models}").format(
        video=safe_text(report.video),
        swapped=report.frames_swapped,
        frames=report.frames,
        models=models,
    )
    lines: list[Line] = [[(head, "accent")]]
    for what, (before, after) in report.flicker.items():
        steady = tr("{what} smoothed over time: flicker {before:.3f} before, {after:.3f} after")
        lines.append([steady.format(what=what, before=before, after=after)])
    if report.quality is None:
        hint = tr("not measured in full: the setting report at full does it")
        return [*lines, [(hint, "muted")]]
    for name, figure in report.quality.figures.items():
        words = tr("median {median:8.3f}   worst twentieth {tail:8.3f}")
        shown = words.format(median=figure.median, tail=figure.tail)
        lines.append([f"{fit(tr(SHORT.get(name, name)), NAME_COLUMNS)} {shown}"])
    if lost := len(report.quality.lost):
        gone = tr_n(
            "! no face is found any more in {n} frame",
            "! no face is found any more in {n} frames",
            lost,
        )
        lines.append([(gone.format(n=lost), "bad")])
    return lines
