"""The doctor's page: what this machine and terminal have, as the command `doctor` says it."""

from __future__ import annotations

import subprocess
import sys
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.launch import engine_environment
from fstui import terminal
from fstui.model.tail import clean
from fstui.rooms.lines import Listing
from fstui.widgets.rows import Column, Row, Rows

PATIENCE_S = 60.0


class Doctor(ModalScreen[None]):
    """Lines of the command's output; it is asked in a process, for it looks at TensorFlow."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", "Close")]

    def compose(self) -> ComposeResult:
        """Title and list."""
        with Vertical(classes="dialog dialog-tall"):
            yield Static(Content("Doctor (esc closes)"), classes="dialog--title")
            yield Listing([Column("What there is", least=20)], empty="Looking ...", header=False)

    def on_mount(self) -> None:
        """Ask."""
        self.query_one(Rows).focus()
        self.ask()

    @work(thread=True, exclusive=True)
    def ask(self) -> None:
        """Run the command."""
        try:
            done = subprocess.run(
                [sys.executable, "-P", "-m", "fstui", "doctor"],
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=PATIENCE_S,
                env=engine_environment(),
                check=False,
            )
            said = [clean(line) for line in (done.stdout + done.stderr).splitlines()]
            # The process has no terminal; ours has one.
            lines = [terminal_line(), *(line for line in said if " terminal " not in line)]
        except (subprocess.TimeoutExpired, OSError) as error:
            lines = [f"It could not be asked: {error}"]
        rows = [Row(str(number), (line,)) for number, line in enumerate(lines)]
        self.app.call_from_thread(self.query_one(Rows).show, rows)

    def action_back(self) -> None:
        """Close."""
        self.dismiss(None)


def terminal_line() -> str:
    """What this terminal can do."""
    facts = terminal.look()
    parts = [
        f"TERM={facts.term}",
        f"{facts.colours} colours",
        facts.multiplexer,
        "over SSH" if facts.ssh else "",
        "UTF-8" if facts.utf8 else "ASCII",
        f"pictures by {facts.graphics}" if facts.graphics else "no full pictures",
    ]
    return f"  ok  terminal    {', '.join(part for part in parts if part)}"
