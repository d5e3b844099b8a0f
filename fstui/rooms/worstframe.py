"""One of the worst frames, before and after, with the way to the next one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static
from textual.worker import get_current_worker

from engine.errors import FstuiError, from_os_error
from engine.project import Project
from engine.protocol import safe_text
from fstui import keymap
from fstui.i18n import tr
from fstui.model.pairs import Pairs
from fstui.model.report import SHORT, Worst
from fstui.rooms.bars import KeyBar
from fstui.widgets.picture import Picture


class WorstFrame(ModalScreen[int]):
    """The engine decodes both in a process of its own; ends with the place of the shown one."""

    CSS_PATH = "../styles/convert.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Close"),
        *keymap.bindings("earlier", "later", "view", "full"),
    ]

    def __init__(self, project: Project, worst: Sequence[Worst], at: int, pairs: Pairs) -> None:
        super().__init__()
        self._project, self._worst, self._at, self._pairs = project, worst, at, pairs
        self._close = True

    def compose(self) -> ComposeResult:
        """Title, picture, what is wrong, keys."""
        self.set_class(bool(getattr(self.app, "ascii_only", False)), "-ascii")
        with Vertical(classes="dialog dialog-tall"):
            yield Static("", classes="dialog--title", markup=False)
            yield Picture(empty=tr("The frame is being decoded ..."))
            yield Static("", classes="dialog--problem", markup=False)
            yield KeyBar()

    def on_mount(self) -> None:
        """Ask for the first one."""
        self._problem("")
        self._show()

    def words_for(self, action: str) -> str:
        """What steps and views are here."""
        return {
            "earlier": tr("frame before"),
            "view": tr("whole frame") if self._close else tr("close up"),
        }.get(action, "")

    def _show(self) -> None:
        one = self._worst[self._at]
        title = tr("{n} of {of}: {clip} frame {frame}, {why}")
        shown = title.format(
            n=self._at + 1,
            of=len(self._worst),
            clip=safe_text(one.clip),
            frame=one.frame + 1,
            why=tr(SHORT.get(one.why, one.why)),
        )
        self.query_one(".dialog--title", Static).update(Content(shown))
        self._ask(one, self._close)

    @work(thread=True, exclusive=True, group="pair")
    def _ask(self, one: Worst, close: bool) -> None:
        worker = get_current_worker()
        path, problem = None, ""
        try:
            path = self._pairs.ask(self._project.path, one, close=close)
        except FstuiError as error:
            problem = str(error)
        except OSError as error:
            problem = str(from_os_error(error, "making a picture of the frame"))
        if not worker.is_cancelled:
            self.app.call_from_thread(self._made, path, problem)

    def _made(self, path: Path | None, problem: str) -> None:
        picture = self.query_one(Picture)
        if path is None:
            picture.empty = tr("No picture.")
        picture.show(path, tr("before, after; [ ] step, ctrl+l view, o full picture"))
        self._problem(problem)
        self.refresh_bindings()

    def _problem(self, text: str) -> None:
        """What is wrong, in a line that is the picture's where nothing is."""
        line = self.query_one(".dialog--problem", Static)
        line.display = bool(text)
        line.update(Content(safe_text(text)))

    # --- keys ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only where there is something there."""
        if action == "earlier":
            return self._at > 0
        if action == "later":
            return self._at + 1 < len(self._worst)
        return any(p.path for p in self.query(Picture)) if action == "full" else True

    def action_earlier(self) -> None:
        """The one before."""
        self._step(-1)

    def action_later(self) -> None:
        """The next one."""
        self._step(1)

    def _step(self, by: int) -> None:
        self._at += by
        self._show()
        self.refresh_bindings()

    def action_view(self) -> None:
        """Close up, or the whole frame."""
        self._close = not self._close
        self._show()

    def action_full(self) -> None:
        """The picture at full resolution, outside the workbench."""
        from fstui.rooms.full import suspended

        path = self.query_one(Picture).path
        if path is None:
            return
        try:
            suspended(self.app, path)
        except OSError as error:
            self._problem(str(from_os_error(error, f"showing {path}")))

    def action_back(self) -> None:
        """Close."""
        self.dismiss(self._at)
