"""A question before an act that can't be taken back: it names the consequence."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from engine.protocol import safe_text
from fstui.i18n import tr


class Confirm(ModalScreen[bool]):
    """Ends with True only if the user says so; the safe choice has the focus.

    `act` and `keep` are the words of the buttons: 'Move 3 faces to trash', 'Keep them'.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n,q", "answer(False)", "No"),
        Binding("y", "answer(True)", "Yes"),
        Binding("left,right,h,l,tab", "app.focus_next", "Other choice", show=False),
    ]

    DEFAULT_CSS = """
    Confirm { align: center middle; }
    Confirm > Vertical {
        width: 64; max-width: 95%; height: auto; max-height: 95%; padding: 1 2;
        border: solid $warning; background: $surface;
    }
    Confirm .confirm--question { text-style: bold; height: auto; }
    Confirm .confirm--consequence { color: $text-warning; height: auto; margin: 1 0; }
    Confirm Horizontal { height: 1; align-horizontal: right; }
    Confirm Button {
        height: 1; min-width: 8; border: none; margin: 0 0 0 2; padding: 0 1; text-style: none;
    }
    Confirm Button:focus { text-style: bold reverse; }
    """

    def __init__(
        self,
        question: str,
        consequence: str,
        *,
        act: str = "",
        keep: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._texts = [
            safe_text(t) for t in (question, consequence, act or tr("Yes"), keep or tr("No"))
        ]

    def compose(self) -> ComposeResult:
        """Question, consequence, the two choices with their keys."""
        question, consequence, act, keep = self._texts
        with Vertical():
            yield Static(Content(question), classes="confirm--question")
            yield Static(Content(consequence), classes="confirm--consequence")
            with Horizontal():
                yield Button(Content(f"{act} (y)"), id="act", compact=True)
                yield Button(Content(f"{keep} (n)"), id="keep", compact=True)

    def on_mount(self) -> None:
        """Enter must not destroy."""
        self.query_one("#keep", Button).focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "act")

    def action_answer(self, yes: bool) -> None:
        """Answer by key."""
        self.dismiss(yes)
