"""The log room: what happened (events) above what the engine printed (engine.log)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from textual.widget import Widget

from engine.protocol import JobFolder, safe_text
from fstui import keymap
from fstui.i18n import later, tr
from fstui.model.joblog import JobRead, JobsListed, of_job, of_jobs, taken
from fstui.model.jobview import JobView
from fstui.rooms.lines import Line, Lines, Listing, Run
from fstui.rooms.loglines import (
    NO_ROWS,
    LogRows,
    Search,
    event_rows,
    follow_line,
    log_rows,
    next_match,
)
from fstui.rooms.room import Room
from fstui.widgets.filter import Filter
from fstui.widgets.rows import Column, Rows

EVENT_COLUMNS = (Column("Time", 8), Column("What happened", least=20))
LOG_COLUMNS = (Column("Output", least=20),)
EMPTY = {
    "#events": later("No job yet: nothing happened."),
    "#output": later("The engine printed nothing."),
}


class Log(Room):
    """Events and output of one job, the newest or any other of the project."""

    room = "log"
    panes = ("#output", "#events")
    BINDINGS: ClassVar[list[Any]] = keymap.bindings(
        "raw", "earlier", "later", "jobs", "filter", "following", "preceding"
    )

    def __init__(self) -> None:
        super().__init__()
        self._project: Path | None = None
        self._folders: list[JobFolder] = []
        """All jobs of the project, newest first."""
        self._chosen: JobFolder | None = None
        """The job that was turned to; None: the one that matters most."""
        self._read_on: tuple[Callable[[], JobRead | None], ...] = ()
        """What reads the chosen job; kept from visit to visit, for it knows how far it came."""
        self._read: JobView | None = None
        self._problem = ""
        """Of the chosen job, which can't be read."""
        self._searched: tuple[str, Path | None, bool] | None = None
        """What is searched for, and in which lines: the job's, raw or folded."""
        self._searches: dict[str, Search] = {}
        """By pane."""
        self._found: dict[str, list[int]] = {}
        """Places of the matches, by pane."""
        self._all_lines = False
        """Whether all lines show with the matches marked, instead of the matches alone."""
        self._lines: LogRows[Any] = NO_ROWS
        """The output as it was shown last."""
        self._left: int | None = None
        """How many lines there were when the end was left; None while it is followed."""

    def body(self) -> Iterable[Widget]:
        """Which job, its events, its output."""
        yield Lines(id="which")
        yield Listing(EVENT_COLUMNS, empty=tr(EMPTY["#events"]), id="events")
        yield Listing(LOG_COLUMNS, empty=tr(EMPTY["#output"]), id="output")
        yield Lines(id="follow")
        yield Filter(placeholder=tr("words that a line must have; n and N go to the matches"))

    # --- which job ----------------------------------------------------------------------------

    def asks(self) -> tuple[Callable[[], object | None], ...]:
        """The jobs of the project, and the chosen one in full."""
        project = self.studio.session.project
        path = project.path if project else None
        if path != self._project:
            self._project, self._folders, self._chosen, self._read_on = path, [], None, ()
        asked, self.studio.session.log_asked = self.studio.session.log_asked, None
        if asked is not None and asked.project == path:
            self._turn_to(asked)
        return (of_jobs(path), *self._read_on) if path else ()

    def news(self, update: object = None) -> None:
        """Take in which jobs there are and what the chosen one said."""
        if isinstance(update, JobsListed) and update.project == self._project:
            self._folders = update.folders
        elif isinstance(update, JobRead) and self._chosen and update.folder is self._chosen:
            self._read, self._problem = taken(self._read, update), update.problem
        super().news(update)

    @property
    def job(self) -> JobView | None:
        """The job that was turned to."""
        if self._chosen is None:
            return self.studio.session.newest()
        views = self.studio.session.jobs.values()
        known = (view for view in views if view.folder.path == self._shown_path)
        return next(known, self._read)

    @property
    def _shown_path(self) -> Path | None:
        if self._chosen is not None:
            return self._chosen.path
        newest = self.studio.session.newest()
        return newest.folder.path if newest else None

    @property
    def _number(self) -> int | None:
        """Of the job that is shown among all, the newest first."""
        paths = [folder.path for folder in self._folders]
        return paths.index(self._shown_path) if self._shown_path in paths else None

    def choose(self, folder: JobFolder) -> None:
        """Show another job."""
        self._turn_to(folder)
        self.ask_again()
        self._to_end()

    def _turn_to(self, folder: JobFolder) -> None:
        self._chosen, self._read_on = folder, (of_job(folder),)
        self._read, self._problem = None, ""

    def _turn(self, by: int) -> None:
        place = self._number
        if place is not None and 0 <= place + by < len(self._folders):
            self.choose(self._folders[place + by])

    # --- lines --------------------------------------------------------------------------------

    def show(self) -> None:
        """New lines; a list that stood at its end follows them."""
        self.query_one("#which", Lines).show([self._which()])
        job, raw = self.job, self.studio.session.view.raw_log
        searched = self.query_one(Filter).text, self._shown_path, raw
        if searched != self._searched:
            self._searched = searched
            self._searches = {name: Search(searched[0]) for name in self.panes}
        events = event_rows(job.events, job.events_dropped) if job else NO_ROWS
        self._put("#events", events)
        lines = log_rows(*job.log.shown(raw)) if job else NO_ROWS
        self._put("#output", lines)
        self._follow(lines)
        self._count()

    def _which(self) -> Line:
        """The job's name and state, and which one of how many it is."""
        job, path, place = self.job, self._shown_path, self._number
        if path is None:
            return []
        name: Run = (f"{safe_text(path.name)}  ", "accent")
        state = job.words() if job else self._problem or tr("reading ...")
        among = ""
        if place is not None and len(self._folders) > 1:
            total = len(self._folders)
            among = tr("  (job {n} of {total})").format(n=total - place, total=total)
        return [name, state, (among, "muted")]

    def _put(self, name: str, rows: LogRows[Any]) -> None:
        """Show rows, or those that match alone; a list that stood at its end stays there."""
        pane, search = self.query_one(name, Rows), self._searches[name]
        found = search.among(rows) if search.text else []
        pane.empty = (
            tr("No line matches: esc clears the filter.") if search.text else tr(EMPTY[name])
        )
        pane.marked = {rows[i].key for i in found} if self._all_lines else set()
        self._found[name] = found
        follows = pane.index >= len(pane) - 1
        pane.show([rows[i] for i in found] if search.text and not self._all_lines else rows)
        if follows:
            pane.move_to(len(pane) - 1)

    def _follow(self, lines: LogRows[Any]) -> None:
        """Say whether the output follows its end, and how many lines came since it doesn't."""
        pane = self.query_one("#output", Rows)
        if pane.index >= len(pane) - 1:
            self._left = None
        elif self._left is None:
            self._left = self._lines.end
        self._lines = lines
        new = None if self._left is None else lines.end - self._left
        raw = self.studio.session.view.raw_log
        self.query_one("#follow", Lines).show([follow_line(new, raw)] if self.job else [])

    def _count(self) -> None:
        """How many lines match; among all of them, which match the cursor is on."""
        entry, pane = self.query_one(Filter), self._pane
        found = self._found[f"#{pane.id}" if self._all_lines else "#output"]
        if not entry.text:
            return
        if self._all_lines:
            entry.count(sum(at <= pane.index for at in found), len(found))
        else:
            entry.count(len(found), len(self._lines))

    def on_rows_moved(self) -> None:
        """Scrolling up ends following, coming back to the end begins it again."""
        if self._searched is not None:
            self._follow(self._lines)
            self._count()

    def _to_end(self) -> None:
        for pane in self.query(Rows):
            pane.show([])
        self._left = None
        self.news()

    # --- keys ---------------------------------------------------------------------------------

    def keys_depend_on(self) -> tuple[object, ...]:
        """Whether there is another job, and something that is searched."""
        more = (self._number, len(self._folders), bool(self.query_one(Filter).text))
        return (*super().keys_depend_on(), *more)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Another job must be there to turn to; nothing is started from here."""
        if action in ("earlier", "later", "jobs"):
            return len(self._folders) > 1
        if action in ("following", "preceding"):
            return bool(self.query_one(Filter).text)
        if action == "start":
            return False
        return super().check_action(action, parameters)

    def words_for(self, action: str) -> str:
        """Here the brackets turn to other jobs, and n to matches."""
        raw = self.studio.session.view.raw_log
        words = {
            "earlier": tr("jobs"),
            "later": tr("job after"),
            "jobs": tr("all jobs"),
            "following": tr("match"),
            "preceding": tr("match before"),
            "raw": tr("fold noise") if raw else tr("raw log"),
        }
        return words.get(action) or super().words_for(action)

    def action_raw(self) -> None:
        """Show or fold TensorFlow's own lines."""
        view = self.studio.session.view
        view.raw_log = not view.raw_log
        self._to_end()

    def action_earlier(self) -> None:
        """The job before."""
        self._turn(1)

    def action_later(self) -> None:
        """The job after."""
        self._turn(-1)

    def action_jobs(self) -> None:
        """Choose among all jobs of the project."""
        from fstui.rooms.jobchoice import JobChoice

        def go(folder: JobFolder | None) -> None:
            if folder is not None:
                self.choose(folder)

        self.app.push_screen(JobChoice(self._folders, self._shown_path), go)

    def action_filter(self) -> None:
        """Show only lines with some words."""
        self.query_one(Filter).open()

    def action_following(self) -> None:
        """The next match, among all lines."""
        self._go(1)

    def action_preceding(self) -> None:
        """The match before, among all lines."""
        self._go(-1)

    @property
    def _pane(self) -> Rows:
        """The list that has the focus, else the output."""
        return self.focused if isinstance(self.focused, Rows) else self.query_one("#output", Rows)

    def _go(self, by: int) -> None:
        self._all_lines = True
        self.show()
        pane = self._pane
        at = next_match(self._found[f"#{pane.id}"], pane.index, by)
        if at is not None:
            pane.move_to(at)
        self.show()

    def on_filter_changed(self) -> None:
        """Each key filters."""
        self._all_lines = False
        self.show()

    def on_filter_left(self) -> None:
        """Back to the lines."""
        self.query_one("#output", Rows).focus()
        self.show()


ROOM = Log
