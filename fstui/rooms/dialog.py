"""A dialogue over a room: title, fields, the problem, two choices; esc leaves it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from engine.errors import FstuiError, from_os_error
from engine.protocol import safe_text
from fstui import keymap
from fstui.clipboard import copy
from fstui.i18n import later, tr
from fstui.model.commandline import line_of
from fstui.rooms.choice import Choice

if TYPE_CHECKING:
    from fstui.app import FstuiApp

T = TypeVar("T")


class Fields(VerticalScroll, can_focus=False, inherit_bindings=False):
    """Scrolls to the field that has the focus; arrows and pages are the dialogue's own."""


class Dialog(ModalScreen[T]):
    """Fields in a box. `accept` does the work and may refuse with one sentence."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Cancel"),
        Binding("down", "app.focus_next", "Next field", show=False),
        Binding("up", "app.focus_previous", "Field before", show=False),
        *keymap.bindings("copy_command"),
    ]

    heading: ClassVar[str] = ""
    act: ClassVar[str] = "OK"
    hint: ClassVar[str] = later("tab next  enter accept  esc cancel")
    long: ClassVar[bool] = False
    """Whether the fields may be more than fit: they scroll, problem and buttons stay in sight."""

    def compose(self) -> ComposeResult:
        """Title, fields, problem, buttons."""
        with Vertical(classes="dialog dialog-long" if self.long else "dialog"):
            yield Static(Content(self.title_text()), classes="dialog--title")
            yield Fields(*self.fields(), classes="dialog--fields")
            yield Static("", classes="dialog--problem")
            with Horizontal(classes="dialog--buttons"):
                yield Static(Content(tr(self.hint)), classes="dialog--hint")
                yield Button(Content(tr(self.act)), id="accept", compact=True)

    def title_text(self) -> str:
        """The heading."""
        return tr(self.heading)

    def fields(self) -> Iterable[Widget]:
        """What is asked."""
        raise NotImplementedError

    def accept(self) -> T:
        """Do it; what the dialogue ends with. Raises `FstuiError` to stay open and say why."""
        raise NotImplementedError

    def command(self) -> list[str]:
        """The words of the command line that does the same; none where there is none. Raises
        `FstuiError` for what can't be accepted."""
        return []

    def commands(self) -> list[list[str]]:
        """The same where it takes several commands, one after the other."""
        return [words] if (words := self.command()) else []

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only a form that a command does the same as can be copied as one."""
        if action == "copy_command":
            kind = type(self)
            return (kind.command, kind.commands) != (Dialog.command, Dialog.commands)
        return super().check_action(action, parameters)

    def action_copy_command(self) -> None:
        """Copy that line, and show it."""
        done, commands = self.attempt(self.commands)
        if done and not commands:
            self.problem(tr("No command does the same."))
        elif done:
            session = cast("FstuiApp", self.app).session
            line = line_of(commands, session.workspace, session.settings)
            title = tr("Copied") + copy(self.app, line)
            self.notify(safe_text(line), title=title, timeout=10, markup=False)

    def on_mount(self) -> None:
        """Nothing blinks or flashes on a slow link."""
        for entry in self.query(Input):
            entry.cursor_blink = False
        for button in self.query(Button):
            button.active_effect_duration = 0

    def problem(self, text: str) -> None:
        """Say in one sentence what is wrong, or nothing."""
        self.query_one(".dialog--problem", Static).update(Content(safe_text(text)))

    @on(Button.Pressed, "#accept")
    def _pressed(self) -> None:
        self.submit()

    @on(Choice.Accepted)
    @on(Input.Submitted)
    def _submitted(self, event: Message) -> None:
        event.stop()
        self.submit()

    @property
    def busy(self) -> bool:
        """Whether a thread does what was accepted: it is not done twice."""
        return self.query_one("#accept", Button).disabled

    @busy.setter
    def busy(self, busy: bool) -> None:
        self.query_one("#accept", Button).disabled = busy

    def submit(self) -> None:
        """Accept, or say why not."""
        done, result = self.attempt(self.accept)
        if done:
            self.dismiss(result)

    def attempt(self, act: Callable[[], Any]) -> tuple[bool, Any]:
        """Do something; its error becomes the dialogue's sentence."""
        try:
            return True, act()
        except FstuiError as error:
            self.problem(str(error))
        except OSError as error:
            self.problem(str(from_os_error(error, f"writing {error.filename or 'to disk'}")))
        return False, None

    def action_back(self) -> None:
        """Leave without doing anything."""
        self.dismiss(None)


def labelled(label: str, field: Widget, hint: str = "") -> Widget:
    """A field with its label on the left and a line of help on the right."""
    parts = [Static(Content(label), classes="dialog--label"), field]
    if hint:
        parts.append(Static(Content(hint), classes="dialog--help"))
    return Horizontal(*parts, classes="dialog--row")
