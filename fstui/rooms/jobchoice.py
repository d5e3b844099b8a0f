"""Which job: all of a project with their states, filtered as one types."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from engine.protocol import JobFolder, safe_text
from fstui import keymap
from fstui.i18n import tr
from fstui.model.joblist import SeenJob
from fstui.rooms.filtered import Filtered
from fstui.rooms.queuerows import Entry, made_words, progress_of, state_of, text_of, why_of
from fstui.threads import deliver, in_thread
from fstui.widgets.filter import Filter, matches
from fstui.widgets.rows import Column, Row, Rows

COLUMNS = (
    Column("Made", 11),
    Column("Job", 9),
    Column("State", 12),
    Column("Progress", 15),
    Column("How it ended", least=16),
)


class JobChoice(ModalScreen[JobFolder], Filtered):
    """Ends with the job that was chosen, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [*keymap.bindings("back", "filter")]
    DEFAULT_CSS = "JobChoice { align: center middle; background: $background 60%; }"

    def __init__(self, folders: Sequence[JobFolder], shown: Path | None) -> None:
        super().__init__()
        self._entries = [Entry(folder) for folder in folders]
        self._shown = shown

    def compose(self) -> ComposeResult:
        """Title, list, filter."""
        with Vertical(classes="dialog dialog-tall"):
            title = tr("Jobs of this project (enter shows its log, esc closes)")
            yield Static(Content(title), classes="dialog--title")
            yield Rows(COLUMNS, empty=tr("No job matches: esc clears the filter."))
            yield Filter(placeholder=tr("words of a job, a state or a reason"))

    def on_mount(self) -> None:
        """The job that is shown has the cursor."""
        self.show()
        rows = self.query_one(Rows)
        rows.focus()
        if self._shown:
            rows.select(str(self._shown))
        self.read([entry.folder.path for entry in self._entries])

    def show(self) -> None:
        """Those that match."""
        entry = self.query_one(Filter)
        kept = [e for e in self._entries if matches(entry.text, text_of(e))]
        self.query_one(Rows).show([row_of(e) for e in kept])
        if entry.text:
            entry.count(len(kept), len(self._entries))

    @in_thread(exclusive=True)
    def read(self, paths: list[Path]) -> None:
        """How far each came, in a thread: it is in the jobs' folders."""
        jobs = [SeenJob(path) for path in paths]
        entries = [Entry(job, now=job.current()) for job in jobs]
        deliver(self, self._take, entries)

    def _take(self, entries: list[Entry]) -> None:
        self._entries = entries
        if self.is_attached:
            self.show()

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        """This one."""
        self.dismiss(JobFolder(Path(message.key)))

    def action_back(self) -> None:
        """None."""
        self.dismiss(None)


def row_of(entry: Entry) -> Row:
    """One job's cells."""
    kind = safe_text(tr(entry.folder.kind))
    cells = (made_words(entry.folder.name), kind, state_of(entry), progress_of(entry))
    return Row(entry.key, (*cells, why_of(entry)))
