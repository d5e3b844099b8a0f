"""One of the worst frames, before and after, with the way to the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine.project import Project
from engine.protocol import safe_text
from fstui import keymap
from fstui.i18n import tr
from fstui.model.pairs import Pairs
from fstui.model.report import SHORT, Worst
from fstui.rooms.bars import KeyBar
from fstui.rooms.over import OverPicture
from fstui.widgets.picture import Picture


class WorstFrame(OverPicture[int]):
    """Both of a frame side by side; ends with the place of the one that was shown."""

    CSS_PATH = "../styles/convert.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("earlier", "later", "view")]

    def __init__(self, project: Project, worst: Sequence[Worst], at: int, pairs: Pairs) -> None:
        super().__init__()
        self._project, self._worst, self._at, self._pairs = project, worst, at, pairs
        self._close = True

    def title_text(self) -> str:
        """Which frame of how many, and what is wrong with it."""
        one = self._worst[self._at]
        title = tr("{n} of {of}: {clip} frame {frame}, {why}")
        return title.format(
            n=self._at + 1,
            of=len(self._worst),
            clip=safe_text(one.clip),
            frame=one.frame + 1,
            why=tr(SHORT.get(one.why, one.why)),
        )

    def picture(self) -> Picture:
        """Decoding takes a moment."""
        return Picture(empty=tr("The frame is being decoded ..."))

    def below(self) -> Iterable[Widget]:
        """The keys."""
        yield KeyBar()

    def words_for(self, action: str) -> str:
        """What steps and views are here."""
        return {
            "earlier": tr("frame before"),
            "view": tr("whole frame") if self._close else tr("close up"),
        }.get(action, "")

    def look(self) -> Callable[[], object]:
        """Have the frame that is turned to decoded, whole or close up."""
        one = self._worst[self._at]
        path = self._pairs.ask(self._project.path, one, close=self._close)
        return partial(self.made, path, tr("before, after; [ ] step, ctrl+l view, o full picture"))

    # --- keys ---------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only where there is something there."""
        if action == "earlier":
            return self._at > 0
        if action == "later":
            return self._at + 1 < len(self._worst)
        return super().check_action(action, parameters)

    def action_earlier(self) -> None:
        """The one before."""
        self._step(-1)

    def action_later(self) -> None:
        """The next one."""
        self._step(1)

    def _step(self, by: int) -> None:
        self._at += by
        self.query_one(".dialog--title", Static).update(Content(self.title_text()))
        self.ask()
        self.refresh_bindings()

    def action_view(self) -> None:
        """Close up, or the whole frame."""
        self._close = not self._close
        self.ask()

    def action_back(self) -> None:
        """Close."""
        self.dismiss(self._at)
