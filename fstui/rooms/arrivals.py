"""The watch room: watched folders, recipes, what arrived, what was refused and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from textual.widget import Widget

from engine.project import SIDES
from engine.protocol import safe_text
from engine.watch.inbox import answer
from engine.watch.ledger import Ledger, retry_file, retry_run
from fstui import keymap
from fstui.i18n import later, tr
from fstui.model.arrivals import ArrivalsGlance, Arrived, of_arrivals
from fstui.model.sidewords import SHOWS
from fstui.rooms.filtered import Filtered
from fstui.rooms.lines import Line, Lines
from fstui.rooms.room import Room
from fstui.threads import in_thread
from fstui.widgets.filter import Filter, matches
from fstui.widgets.rows import Column, Row, Rows, Tone

COLUMNS = (
    Column("What", least=18),
    Column("State", 11),
    Column("When", 11),
    Column("Why", least=24, sentence=True),
)
TONES: dict[str, Tone] = {
    "asks": "warn",
    "not used": "bad",
    "wrong": "bad",
    "failed": "bad",
    "away": "warn",
    "taken in": "good",
    "done": "good",
    "running": "good",
    "new": "accent",
}
STATES = {
    "asks": later("asks"),
    "not used": later("not used"),
    "wrong": later("wrong"),
    "failed": later("failed"),
    "away": later("away"),
    "taken in": later("taken in"),
    "done": later("done"),
    "running": later("running"),
    "waiting": later("waiting"),
    "queued": later("queued"),
    "new": later("new"),
    "recipe": later("recipe"),
    "none": later("none"),
    "watched": later("watched"),
}
PLACE_WORDS = {**SHOWS, "inbox": later("the inbox: sorted by whom it shows")}


class ArrivalsRoom(Room, Filtered):
    """What came, what became of it, and what would happen next."""

    room = "arrivals"
    stage = "watch"
    CSS_PATH = "../styles/arrivals.tcss"
    BINDINGS: ClassVar[list[Any]] = keymap.bindings("retry", "answer", "filter", "edit")

    def __init__(self) -> None:
        super().__init__()
        self._glance: ArrivalsGlance | None = None

    def body(self) -> Iterable[Widget]:
        """How it is watched, all rows, the row under the cursor in full."""
        yield Lines(id="how", wrap=True)
        yield Rows(COLUMNS, empty=tr("Looking into the folders ..."), id="arrived")
        yield Lines(id="why", wrap=True)
        yield Filter(placeholder=tr("words of a file, a recipe or a reason"))

    def asks(self) -> tuple[Callable[[], object | None], ...]:
        """What arrived in this project."""
        project = self.studio.session.project
        return (of_arrivals(project.path),) if project else ()

    def news(self, update: object = None) -> None:
        """Take in what arrived."""
        project = self.studio.session.project
        if isinstance(update, ArrivalsGlance) and project and update.path == project.path:
            self._glance = update
        super().news(update)

    def show(self) -> None:
        """All rows that match."""
        self.query_one("#how", Lines).show([self._how()])
        project = self.studio.session.project
        if self._glance is None or project is None or self._glance.path != project.path:
            return
        entry, rows = self.query_one(Filter), self._glance.rows
        kept = [a for a in rows if matches(entry.text, text_of(a))]
        if entry.text:
            entry.count(len(kept), len(rows))
        listing = self.query_one(Rows)
        empty = tr("Nothing matches: esc clears the filter.")
        listing.show([row_of(a, watched=self._watched) for a in kept], empty=empty)
        if self.focused is None:
            listing.focus()
        self._tell()

    @property
    def _watched(self) -> bool:
        """Whether a watcher runs."""
        watch = self.studio.session.jobs.get("watch")
        return watch is not None and watch.running

    def _how(self) -> Line:
        """Whether a watcher runs, and by what it hears of new files."""
        watch = self.studio.session.jobs.get("watch")
        if watch is None or not watch.running:
            return [(tr("Nobody watches: press w. What arrives meanwhile is seen then."), "warn")]
        how = safe_text(watch.snapshot.phase).removeprefix("watching").strip()
        if not how:
            return [(tr("The watcher starts ..."), "good")]
        return [(tr("Watched {how}.").format(how=how), "good")]

    @property
    def chosen(self) -> Arrived | None:
        """What is under the cursor."""
        key = self.query_one(Rows).key
        rows = self._glance.rows if self._glance else []
        return next((a for a in rows if a.key == key), None)

    def _tell(self) -> None:
        chosen = self.chosen
        lines: list[Line] = []
        if chosen is not None:
            lines = [[(safe_text(chosen.name), "accent")], [why_of(chosen)]]
            lines += [[(tr("now: {what}").format(what=safe_text(w)), "")] for w in chosen.would]
        self.query_one("#why", Lines).show(lines)

    def on_rows_moved(self, _message: Rows.Moved) -> None:
        """Other words, other keys."""
        self._tell()
        self.refresh_bindings()

    def on_rows_chosen(self, _message: Rows.Chosen) -> None:
        """Enter answers a question, tries a dead letter again."""
        chosen = self.chosen
        if chosen is None or self.studio.session.readonly:
            return
        if self._can("answer"):
            self.action_answer()
        elif chosen.may_retry:
            self.action_retry()

    # --- keys ---------------------------------------------------------------------------------

    def keys_depend_on(self) -> tuple[object, ...]:
        """What is under the cursor."""
        return (*super().keys_depend_on(), self.chosen)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What can be done with what is under the cursor."""
        if action in ("start", "pause", "stop"):
            return False
        if action in keymap.WRITING and self.studio.session.readonly:
            return False
        if action in ("retry", "answer"):
            return self._can(action)
        return super().check_action(action, parameters)

    def _can(self, action: str) -> bool:
        chosen = self.chosen
        if chosen is None:
            return False
        if action == "retry":
            return chosen.may_retry
        return chosen.name.startswith("media/inbox/") and chosen.kind in ("question", "new")

    def action_retry(self) -> None:
        """Have a dead letter, a question or a failed run tried once more."""
        chosen = self.chosen
        if chosen is not None:
            again, what = (retry_run, chosen.run) if chosen.run else (retry_file, chosen.name)
            self.act(lambda: again(Ledger(self.studio.session.writable()), what))

    def action_answer(self) -> None:
        """Say where something of the inbox belongs."""
        from fstui.widgets.menu import Menu

        chosen = self.chosen
        if chosen is None:
            return
        question = tr("Where does {name} belong?").format(name=Path(chosen.name).name)

        def go(side: str | None) -> None:
            if side:
                self.act(lambda: answer(self.studio.session.writable(), chosen.name, side))

        choices = [(side[0], side, tr(SHOWS[side])) for side in SIDES]
        self.app.push_screen(Menu(question, choices), go)

    @in_thread(group="arrivals")
    def act(self, do: Callable[[], object]) -> None:
        """In a thread: another program may hold the book for a moment."""
        self.attempt_in_thread(do)

    def action_edit(self) -> None:
        """The recipes, in project.toml."""
        from fstui.rooms.project import edit_project

        edit_project(self)


def row_of(arrived: Arrived, *, watched: bool) -> Row:
    """One row; `watched` tells whether a watcher runs."""
    state = tr(STATES.get(arrived.state, arrived.state))
    if arrived.state == "watched" and not watched:
        state = tr("not watched")
    cells = (
        safe_text(arrived.name),
        (state, TONES.get(arrived.state, "")),
        moment(arrived.time),
        "; ".join([why_of(arrived), *map(safe_text, arrived.would)]),
    )
    return Row(arrived.key, cells)


def why_of(arrived: Arrived) -> str:
    """Its reason in words; of a folder, what arrives there is for."""
    if arrived.kind == "folder":
        return tr(PLACE_WORDS.get(arrived.why, arrived.why))
    return safe_text(arrived.why)


def text_of(arrived: Arrived) -> str:
    """What a filter looks at."""
    return " ".join([arrived.name, arrived.state, arrived.why, *arrived.would])


def moment(time: str) -> str:
    """`11-26 23:39` by the machine's clock."""
    try:
        return f"{datetime.fromisoformat(time).astimezone():%m-%d %H:%M}"
    except ValueError:
        return ""


ROOM = ArrivalsRoom
