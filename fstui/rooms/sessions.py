"""Dialogues of the train room: the sessions of a model, and settings that change while it runs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine.errors import NothingToDo
from engine.protocol import safe_text
from engine.sessions import Session
from engine.sessions import read as read_sessions
from engine.settings import Field, TrainSettings, fields, read
from fstui.i18n import later, tr
from fstui.model import words
from fstui.model.commandline import flags_of
from fstui.rooms.dialog import Dialog, labelled
from fstui.rooms.lines import Listing
from fstui.rooms.over import Over
from fstui.rooms.start import hint_of, label_of, value_in, widget_of
from fstui.threads import deliver, in_thread
from fstui.widgets.rows import Column, Row, Rows

COLUMNS = (
    Column("Began", 16),
    Column("From", 10, right=True),
    Column("To", 10, right=True),
    Column("Time", 9, right=True),
    Column("EGs/s", 8, right=True),
    Column("Batch", 6, right=True),
    Column("Saves", 6, right=True),
    Column("End", least=16),
)
LIVE = [field for field in fields(TrainSettings) if field.live]
"""Settings that a running training takes."""


class Sessions(Over):
    """What each training of the model did."""

    DEFAULT_CSS = "Sessions { align: center middle; background: $background 60%; }"

    def __init__(self, model: Path) -> None:
        super().__init__()
        self._model = model

    def compose(self) -> ComposeResult:
        """Title and list."""
        with Vertical(classes="dialog dialog-tall"):
            title = tr("Sessions of this model (esc closes)")
            yield Static(Content(title), classes="dialog--title")
            yield Listing(COLUMNS, empty=tr("The diary is being read ..."))

    def on_mount(self) -> None:
        """Read in a thread."""
        self.query_one(Rows).focus()
        self._read()

    @in_thread()
    def _read(self) -> None:
        deliver(self, self._shown, read_sessions(self._model))

    def _shown(self, found: list[Session]) -> None:
        """The newest first."""
        rows = [session_row(session) for session in reversed(found)]
        self.query_one(Rows).show(rows, empty=tr("It was not trained yet: s starts it."))


def session_row(session: Session) -> Row:
    """One session."""
    began = datetime.fromtimestamp(session.began).astimezone()
    saves = sum(mark.kind == "save" for mark in session.marks)
    return Row(
        session.job,
        (
            f"{began:%Y-%m-%d %H:%M}",
            words.count(session.first),
            words.count(session.last),
            words.duration(session.seconds),
            f"{session.rate:.1f}",
            str(session.batch),
            str(saves),
            safe_text(session.how) or tr("no end was written"),
        ),
    )


class ChangeLive(Dialog[dict[str, Any]]):
    """Ends with the settings that are to be others from now on."""

    heading = later("Change while it runs")
    act = later("Change")
    long = True

    def __init__(self, project: str, values: dict[str, Any]) -> None:
        super().__init__()
        self._project, self._values = project, values

    def fields(self) -> Iterable[Widget]:
        """Those that may change."""
        for field in LIVE:
            yield labelled(label_of(field.name), widget_of(field, self._now(field)), hint_of(field))

    def _now(self, field: Field) -> Any:
        return self._values.get(field.name, field.default)

    def command(self) -> list[str]:
        """`change PROJECT --NAME VALUE`."""
        return ["change", self._project, *flags_of(LIVE, self.accept(), self._values)]

    def accept(self) -> dict[str, Any]:
        """What differs from what it runs with."""
        found = {}
        for field in LIVE:
            value = value_in(field, self.query_one(f"#set-{field.name}"))
            if value != self._now(field):
                found[field.name] = value
        if not found:
            raise NothingToDo(tr("Nothing was changed: esc leaves it as it is."))
        read(TrainSettings, found)
        return found
