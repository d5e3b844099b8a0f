"""What lies over a room and shows what a thread found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static
from textual.worker import Worker

from engine.errors import FstuiError, from_os_error
from engine.protocol import safe_text


class Over(ModalScreen[None]):
    """A dialogue of one title; esc closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", "Close")]

    def tell(
        self,
        worker: Worker[None],
        do: Callable[[], Any],
        show: Callable[..., None],
        fail: Callable[[str], None] | None = None,
    ) -> None:
        """Do something in a worker's thread and show what came of it, or in one sentence why
        nothing did, where `fail` says so; closed meanwhile, nothing."""
        try:
            found = do()
        except FstuiError as error:
            show, found = fail or self.problem, str(error)
        except OSError as error:
            told = str(from_os_error(error, f"reading {error.filename or 'the history'}"))
            show, found = fail or self.problem, told
        if not worker.is_cancelled:
            self.app.call_from_thread(show, found)

    def problem(self, text: str) -> None:
        """One sentence in place of what was to be shown."""
        self.query_one(".dialog--title", Static).update(Content(safe_text(text)))

    def action_back(self) -> None:
        """Close."""
        self.dismiss(None)
