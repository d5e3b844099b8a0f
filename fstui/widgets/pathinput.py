"""An input for a path: tab completes or moves on, the candidates stand below."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input

from fstui.i18n import tr
from fstui.threads import deliver, in_thread
from fstui.widgets.paint import StripView, line
from fstui.widgets.paths import MEDIA, Candidates, candidates, complete
from fstui.widgets.words import fit


class PathEntry(Input):
    """The line itself: tab completes or moves on; so does the right arrow at the line's end."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "Complete", show=False),
        Binding("right", "right_or_complete", "Right", show=False),
    ]

    @dataclass
    class Complete(Message):
        """The user asks for the rest of the name."""

        text: str

    def action_complete(self) -> None:
        """Ask for the rest."""
        self.post_message(self.Complete(self.value))

    def action_right_or_complete(self) -> None:
        """Right inside the text, completion at its end."""
        if self.cursor_position < len(self.value):
            self.action_cursor_right()
        else:
            self.action_complete()


class CandidateList(StripView):
    """Names that the typed path can become, in columns."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"candidates--folder", "candidates--problem"}

    DEFAULT_CSS = """
    CandidateList { height: 4; width: 1fr; }
    CandidateList > .candidates--folder { color: $text-primary; }
    CandidateList > .candidates--problem { color: $text-muted; }
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._found = Candidates("")

    def show(self, found: Candidates) -> None:
        """New candidates."""
        self._found = found
        self.repaint()

    def paint(self, width: int, height: int) -> list[Strip]:
        """As many names as fit; the last place says how many more there are."""
        names = self._found.names
        if not names:
            return [line((self._found.problem, self.style_of("candidates--problem")))]
        cell = min(max(cell_len(n) for n in names) + 2, max(width // 2, 1), width)
        columns = max(1, width // cell)
        shown = list(names[: columns * height])
        if len(names) > len(shown):
            shown[-1] = tr("... {n} more").format(n=len(names) - len(shown) + 1)
        rows = [shown[i : i + columns] for i in range(0, len(shown), columns)]
        return [Strip.join([self._cell(n, cell) for n in row]) for row in rows]

    def _cell(self, name: str, width: int) -> Strip:
        style = self.style_of("candidates--folder") if name.endswith("/") else None
        return line((fit(name, width - 2, ascii_only=self.ascii_only) + "  ", style))


class PathInput(Vertical):
    """Type a path; enter sends `Chosen` with `~` expanded. Folders are read in a thread."""

    @dataclass
    class Chosen(Message):
        """Enter was pressed."""

        input: PathInput
        path: Path

        @property
        def control(self) -> PathInput:
            """The input that sent it."""
            return self.input

    DEFAULT_CSS = """
    PathInput { height: auto; width: 1fr; }
    PathInput PathEntry, PathInput PathEntry:focus {
        height: 1; border: none; padding: 0; background: $panel;
    }
    """

    def __init__(
        self,
        value: str = "",
        *,
        suffixes: Sequence[str] = MEDIA,
        placeholder: str = "",
        **kwargs: Any,
    ) -> None:
        """`suffixes` are those of the files that tab completes, beside folders."""
        super().__init__(**kwargs)
        self._start, self._suffixes = value, suffixes
        self._placeholder = placeholder or tr("path of a video, picture or folder")

    def compose(self) -> ComposeResult:
        """The line and its candidates."""
        entry = PathEntry(self._start, placeholder=self._placeholder, select_on_focus=False)
        entry.cursor_blink = False  # a blinking cursor is traffic on an idle link
        yield entry
        yield CandidateList()

    @property
    def text(self) -> str:
        """What stands in the line, without blanks round it."""
        return self.query_one(PathEntry).value.strip()

    @text.setter
    def text(self, text: str) -> None:
        entry = self.query_one(PathEntry)
        entry.value = text
        entry.cursor_position = len(text)

    def focus(self, scroll_visible: bool = True) -> PathInput:
        """Focus the line."""
        self.query_one(PathEntry).focus(scroll_visible)
        return self

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._look(event.value, False)

    @on(PathEntry.Complete)
    def _asked(self, event: PathEntry.Complete) -> None:
        event.stop()
        self._look(event.text, True)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self.post_message(self.Chosen(self, Path(os.path.expanduser(event.value.strip()))))

    @in_thread(exclusive=True, group="look")
    def _look(self, typed: str, finish: bool) -> None:
        """In a thread: a network folder can take its time."""
        deliver(self, self._found, candidates(typed, self._suffixes), finish)

    def _found(self, found: Candidates, finish: bool) -> None:
        if found.typed != self.text:
            return  # typed on meanwhile; the next look is on its way
        if finish and (longer := complete(found)) != found.typed:
            self.text = longer
            return
        self.query_one(CandidateList).show(found)
        if finish and self.query_one(PathEntry).has_focus:
            self.screen.focus_next()
