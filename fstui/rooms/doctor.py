"""The doctor's page: what this machine and terminal have, as the command `doctor` says it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.protocol import safe_text
from fstui import keymap
from fstui.i18n import later, tr
from fstui.model import checkup
from fstui.model.answers import FindingAnswer
from fstui.rooms.lines import Lines, Listing
from fstui.threads import deliver, in_thread
from fstui.widgets.rows import Column, Row, Rows, Tone

COLUMNS = (Column("", 4), Column("What", 11), Column("What there is", least=20, sentence=True))
VERDICTS: dict[str, tuple[str, Tone]] = {
    "good": (later("ok"), "good"),
    "note": ("-", "warn"),
    "bad": (later("BAD"), "bad"),
}


class Doctor(ModalScreen[None]):
    """A row for each thing that was looked at, the one under the cursor in full."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("copy", "back")]
    DEFAULT_CSS = "Doctor #whole { height: 3; margin: 1 0 0 0; }"

    def __init__(self) -> None:
        super().__init__()
        self._findings: list[FindingAnswer] = []

    def compose(self) -> ComposeResult:
        """Title, list, the row in full."""
        with Vertical(classes="dialog dialog-tall"):
            title = tr("Doctor (c copies all of it, esc closes)")
            yield Static(Content(title), classes="dialog--title")
            yield Listing(COLUMNS, empty=tr("Looking ..."), header=False)
            yield Lines(id="whole", wrap=True)

    def on_mount(self) -> None:
        """Ask."""
        self.query_one(Rows).focus()
        self.ask()

    @in_thread(exclusive=True)
    def ask(self) -> None:
        """Look, in a thread: the engine looks at TensorFlow."""
        session = self.app.session  # type: ignore[attr-defined]
        deliver(self, self.take, checkup.findings(session.workspace))

    def problem(self, text: str) -> None:
        """The doctor's own trouble is its only finding."""
        self.take([FindingAnswer("doctor", "bad", safe_text(text))])

    def take(self, found: list[FindingAnswer]) -> None:
        """Show what was found; what is bad has the cursor."""
        self._findings = found
        listing = self.query_one(Rows)
        listing.show([row_of(finding) for finding in found])
        bad = next((finding for finding in found if finding.verdict == "bad"), None)
        if bad is not None:
            listing.select(bad.name)
        self._tell()

    def on_rows_moved(self) -> None:
        """Another row in full."""
        self._tell()

    def _tell(self) -> None:
        index = self.query_one(Rows).index
        words = self._findings[index].words if self._findings else ""
        self.query_one("#whole", Lines).show([[safe_text(words)]])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There must be something to copy."""
        return bool(self._findings) if action == "copy" else True

    def words_for(self, action: str) -> str:
        """Here c copies the page."""
        return tr("copy all of it") if action == "copy" else ""

    def action_copy(self) -> None:
        """All findings as the command prints them, to paste into a report."""
        from fstui.clipboard import copy

        also = copy(self.app, "\n".join(map(checkup.line_of, self._findings)))
        self.notify(tr("Copied all of it") + also, markup=False)

    def action_back(self) -> None:
        """Close."""
        self.dismiss(None)


def row_of(finding: FindingAnswer) -> Row:
    """One finding."""
    word, tone = VERDICTS[finding.verdict]
    return Row(
        finding.name, ((tr(word), tone), safe_text(tr(finding.name)), safe_text(finding.words))
    )
