"""Home: all projects with state, progress and last activity; or the first three steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from textual.widget import Widget

from fstui import keymap
from fstui.i18n import later, tr
from fstui.model import glance, words
from fstui.model.glance import WorkspaceGlance
from fstui.model.jobview import brief_words, progress_words
from fstui.model.overview import Overview
from fstui.model.told import Told
from fstui.rooms.filtered import Filtered
from fstui.rooms.lines import Lines
from fstui.rooms.room import Room
from fstui.threads import in_thread
from fstui.widgets.filter import Filter, matches
from fstui.widgets.rows import Column, Row, Rows, Tone

COLUMNS = (
    Column("Project", least=10),
    Column("State", 20),
    Column("Progress", 17),
    Column("Next", 7),
    Column("Last activity", 13),
    Column("Rate", 15),
    Column("Left", 9),
    Column("Device", 8),
    Column("Disk", 9, right=True),
)
TONES: dict[str, Tone] = {
    "running": "good",
    "crashed": "bad",
    "failed": "bad",
    "interrupted": "warn",
}
VERBS = (later("add"), later("people"))
"""What is due before a stage, in the word of its command."""
FIRST_STEPS = (
    ("1", later("make a project"), "+", later("a folder with a name, in this workspace")),
    (
        "2",
        later("add footage"),
        "a",
        later("side A: who is replaced; side B: who is put in; the target"),
    ),
    (
        "3",
        later("start"),
        "s",
        later("extracts faces, trains, converts: each press does what is next"),
    ),
)


class Home(Room, Filtered):
    """The first room."""

    room = "home"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[Any]] = keymap.bindings("new", "manage", "workspaces", "filter")

    def __init__(self) -> None:
        super().__init__()
        self._looks: tuple[Path, Told[WorkspaceGlance], Callable[[], object | None]] | None = None
        """The workspace whose projects are looked at and counted, and what does it; kept from visit
        to visit, so that nothing is read or counted twice."""

    def body(self) -> Iterable[Widget]:
        """The list, and what to do where it is empty."""
        yield Lines(id="first")
        yield Rows(COLUMNS, empty=tr("Looking for projects ..."), id="projects")
        yield Filter(placeholder=tr("words that a project's name must have"))

    def asks(self) -> tuple[Callable[[], object | None], ...]:
        """All projects of the workspace."""
        workspace = self.studio.session.workspace
        if self._looks is None or self._looks[0] != workspace:
            self._looks = workspace, glance.of_workspace(workspace), glance.of_disks(workspace)
        return self._looks[1:]

    def show(self) -> None:
        """Projects, newest change first."""
        found = self.studio.session.overviews
        self.set_class(found == [], "-first-run")
        if found is None:
            return
        if not found:
            self.query_one("#first", Lines).show(first_lines(self.studio.session.workspace))
            self.set_focus(None)
        elif self.focused is None:
            self.query_one(Rows).focus()
        now, entry = time.time(), self.query_one(Filter)
        disks = self.studio.session.disks
        rows = [
            row_of(one, now, disks.get(one.path)) for one in found if matches(entry.text, one.name)
        ]
        self.query_one(Rows).show(rows, empty=tr("No project matches: esc clears the filter."))
        if entry.text:
            entry.count(len(rows), len(found))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is nowhere to go back to but to the whole list, and no job to start."""
        if action in ("start", "stop", "pause", "watch", "freeze"):
            return False
        if action == "back":
            return bool(self.query("Filter.-open"))
        if action == "filter":
            return bool(self.studio.session.overviews)
        return super().check_action(action, parameters)

    def action_new(self) -> None:
        """Ask for a name, make the project and open it."""
        from fstui.rooms.new import NewProject

        def go(path: Path | None) -> None:
            if path is not None:
                self.studio.open_project(path, "project")

        self.app.push_screen(NewProject(self.studio.session.workspace), go)

    @property
    def chosen(self) -> Path | None:
        """The project under the cursor."""
        key = self.query_one(Rows).key
        return Path(key) if key and self.studio.session.overviews else None

    def copied(self) -> str:
        """The project's folder."""
        return str(self.chosen or "")

    def words_for(self, action: str) -> str:
        """What there is to do with a project."""
        if action == "manage":
            return tr("rename, copy, trash") if self.chosen else tr("archive, trash")
        return super().words_for(action)

    def action_manage(self) -> None:
        """Rename, duplicate, archive, trash, back again."""
        from fstui.rooms.manage import choose

        choose(self, self.chosen)

    def action_workspaces(self) -> None:
        """Turn to another workspace."""
        from fstui.rooms.manage import choose_workspace

        choose_workspace(self)

    @in_thread(group="manage")
    def act(self, do: Callable[[], object]) -> None:
        """Something with whole projects, in a thread: a copy takes its time."""
        self.attempt_in_thread(do)
        self.app.call_from_thread(self.changed)

    def changed(self) -> None:
        """Look at the workspace anew."""
        self.studio.tail.poke()

    def turn_to(self, workspace: Path) -> None:
        """Show another workspace from now on."""
        session = self.studio.session
        session.workspace, session.overviews, session.disks = workspace, None, {}
        session.state.looked_at(workspace)
        self.query_one(Rows).show([], empty=tr("Looking for projects ..."))
        self.show_again()

    def on_rows_chosen(self, message: Rows.Chosen) -> None:
        """Open the project."""
        self.studio.open_project(Path(message.key))


def row_of(one: Overview, now: float, disk: int | None = None) -> Row:
    """One project as a row of the list."""
    held = words.size(disk) if disk is not None else ""
    age = words.moment(one.last_activity, now)
    if one.damaged:
        return Row(
            str(one.path),
            (one.name, (tr("damaged"), "bad"), one.damaged, "", age, "", "", "", held),
        )
    snapshot = one.snapshot
    state = brief_words(snapshot, now) if snapshot else tr("new")
    tone = TONES.get(str(snapshot.state), "") if snapshot else ""
    progress = progress_words(snapshot) if snapshot else ""
    if snapshot and snapshot.iteration is None and one.iteration is not None and not one.running:
        progress = tr("iteration {n}").format(n=words.count(one.iteration))
    next_words = next_of(one)
    return Row(
        str(one.path),
        (one.name, (state, tone), progress, next_words, age, *_pace(one), held),
    )


def _pace(one: Overview) -> tuple[str, str, str]:
    """Rate, time left and device of a job that runs."""
    snapshot = one.snapshot
    if snapshot is None or not one.running:
        return "", "", ""
    at = snapshot.progress
    rate = words.rate(at.rate, at.unit) if at.unit else ""
    left = words.duration(at.eta_s) if at.eta_s is not None else ""
    return rate, left, snapshot.device


def next_of(one: Overview) -> str:
    """What is due, in one word."""
    return "" if one.running or one.next is None else tr(one.next.command.split(" ")[0])


def first_lines(workspace: Path) -> list[list[str | tuple[str, Tone]]]:
    """The first run's screen: three steps, one key each."""
    lines: list[list[str | tuple[str, Tone]]] = [
        [
            (tr("Welcome to fstui."), "accent"),
            tr(" No project in {workspace} yet.").format(workspace=workspace),
        ],
        [],
    ]
    for number, what, key, why in FIRST_STEPS:
        lines += [
            [
                tr("  {number}. press ").format(number=number),
                (f" {key} ", "accent"),
                tr(" to {what}").format(what=tr(what)),
            ],
            [(f"     {tr(why)}", "muted")],
            [],
        ]
    lines += [
        [
            tr("Work goes on when you leave with "),
            ("q", "accent"),
            tr(" or lose the connection."),
        ],
        [tr("Keys are shown below; "), ("?", "accent"), tr(" shows all that are valid.")],
    ]
    return lines


ROOM = Home
