"""Faces, training and conversion of a project side by side, where the terminal has the room."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from msgspec.structs import replace
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from engine.project import SIDES
from fstui import keymap
from fstui.i18n import tr
from fstui.model.jobview import JobView
from fstui.model.series import CurveReader
from fstui.model.session import Session
from fstui.rooms.bars import TITLES, Bar, Piece
from fstui.rooms.browser import Browser
from fstui.rooms.faces import side_line
from fstui.rooms.lines import Line, Lines
from fstui.rooms.previews import Previews
from fstui.rooms.stage import message_line, pace_line, stage_words, state_line
from fstui.rooms.trainlines import loss_line, progress_line
from fstui.widgets.chart import Chart


class Title(Bar):
    """A room's key and name; a click goes there."""

    def __init__(self, room: str) -> None:
        super().__init__()
        self._room = room

    def pieces(self, width: int) -> list[Piece]:
        """`2 Faces`."""
        action = f"app.{self._room}"
        key = keymap.named(self._room)
        return [Piece(key, "key", action), Piece(f" {tr(TITLES[self._room])}", "", action)]


class SideBySide(Horizontal, can_focus=False, can_focus_children=False):
    """Three columns that show what their rooms do; nothing is changed from here."""

    DEFAULT_CSS: ClassVar[str] = """
    SideBySide { height: 1fr; }
    SideBySide > Vertical { width: 1fr; padding: 0 1; }
    SideBySide Lines { height: 3; }
    SideBySide Chart, SideBySide Previews, SideBySide Browser { height: 1fr; }
    SideBySide #look, SideBySide Filter { display: none; }
    """

    def __init__(self, session: Session, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._session = session
        self._shown: Path | None = None
        self._counted: object = None
        """Counts of the faces that are shown."""
        self._made = False

    def compose(self) -> ComposeResult:
        """A column a room."""
        every_s, log = self._session.settings.preview_every_s, self._session.view.log_scale
        with Vertical():
            yield Title("faces")
            yield Lines(id="beside-extract")
            yield Browser()
        with Vertical():
            yield Title("train")
            yield Lines(id="beside-train")
            yield Chart(empty=tr("No losses yet."), log=log)
            yield Previews(every_s=every_s, empty=tr("No preview yet."), id="preview-train")
        with Vertical():
            yield Title("convert")
            yield Lines(id="beside-convert")
            yield Previews(every_s=every_s, empty=tr("No frame yet."), id="preview-convert")

    def on_mount(self) -> None:
        """All panes are there: show them for the first time."""
        self._made = True
        self.show()

    def asks(self) -> tuple[Callable[[], object | None], ...]:
        """The model's history, for the chart."""
        project = self._session.project
        return (CurveReader(project.path / "model").read,) if project else ()

    def show(self) -> None:
        """Bring all three up to the session."""
        session = self._session
        if session.project is None or not self._made:
            return
        self._show_faces()
        jobs = {stage: session.jobs.get(stage) for stage in ("extract", "train", "convert")}
        alone = {stage: job.alone() if job else None for stage, job in jobs.items()}
        self._say("extract", self._faces_lines(alone["extract"]))
        self._say("train", self._train_lines(alone["train"]))
        self._say("convert", self._lines_of("convert", alone["convert"]))
        for stage in ("train", "convert"):
            job = alone[stage]
            pane = self.query_one(f"#preview-{stage}", Previews)
            pane.offer(job.previews if job else (), bool(job and job.running))
        self.query_one(Chart).show(session.curve.points, session.curve.marks)

    def _say(self, stage: str, lines: Iterable[Line]) -> None:
        self.query_one(f"#beside-{stage}", Lines).show(list(lines))

    def _lines_of(self, stage: str, job: JobView | None) -> list[Line]:
        """State, and pace or the end's words."""
        if job is None:
            return [[(stage_words(self._session.overview, stage), "muted")]]
        return [state_line(job, ""), pace_line(job) if job.running else message_line(job)]

    def _faces_lines(self, job: JobView | None) -> list[Line]:
        overview = self._session.overview
        if job is not None and job.running:
            return self._lines_of("extract", job)
        sides = overview.sides if overview else {}
        return [side_line(sides[side], short=True) for side in SIDES if side in sides]

    def _train_lines(self, job: JobView | None) -> list[Line]:
        if job is None:
            return self._lines_of("train", None)
        curve = self._session.curve
        return [progress_line(job, curve), loss_line(curve), message_line(job)]

    def on_browser_problem(self, message: Browser.Problem) -> None:
        """The faces can't be read: why, in their column."""
        message.stop()
        self._say("extract", [[(message.text, "bad")]])

    def _show_faces(self) -> None:
        """The faces, looked up anew when there are others."""
        session, browser = self._session, self.query_one(Browser)
        counts = session.overview.sides if session.overview else None
        if session.project is None or counts is None:
            return
        if self._shown != session.project.path:
            # A copy: a look from here moves no cursor and no filter of the faces' own room.
            self._shown, self._counted = session.project.path, counts
            browser.open(session.project, replace(session.view.faces, form="grid"))
        elif counts != self._counted:
            self._counted = counts
            browser.reload()
