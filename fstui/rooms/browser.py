"""The faces of a project: header, thumbnails or list, the large picture, filter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message

from engine.errors import FstuiError
from engine.project import Project
from fstui.i18n import later, tr, tr_n
from fstui.model import words
from fstui.model.faceset import FaceSet, Found, Known, Order, details, find, packed, unpacked
from fstui.model.facewords import SORT_KEYS, label, list_columns, sort_words
from fstui.rooms.facelook import FaceLook
from fstui.rooms.lines import Line, Lines
from fstui.state import FacesView
from fstui.threads import deliver, in_thread
from fstui.widgets.filter import Filter
from fstui.widgets.grid import Grid
from fstui.widgets.rows import Rows

NARROW = 100
"""Columns of the terminal below which the list is shown unless the user chose the grid."""
AROUND = 24
"""Faces before and behind the cursor of which the engine is asked together."""
READING = later("Reading the faces ...")
NO_MATCH = later("No match: esc clears the filter.")


@dataclass(frozen=True)
class Marks:
    """A change of marks: keys of the faces that get one, and of those that lose theirs."""

    on: frozenset[str] = frozenset()
    off: frozenset[str] = frozenset()

    @property
    def back(self) -> Marks:
        """What takes it back."""
        return Marks(self.off, self.on)


class Browser(Vertical):
    """Shows the faces of one project in an order, with a cursor and marks."""

    @dataclass
    class Changed(Message):
        """What can be done now may have changed."""

        browser: Browser

    @dataclass
    class Marked(Message):
        """The user marked other faces."""

        marks: Marks

    @dataclass
    class Problem(Message):
        """Something went wrong in a thread: one sentence."""

        text: str

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.faces = FaceSet()
        self.view = FacesView()
        self.project: Project | None = None
        self.loaded = False
        """Whether the first look has ended."""
        self._wrong = ""
        """What is wrong with the filter."""
        self._reading: list[int] = []
        self._last_mark: str | None = None

    def compose(self) -> ComposeResult:
        """Header, faces and picture side by side, filter."""
        yield Lines(id="head")
        with Horizontal(id="shelf"):
            yield Grid(self._picture, self._label, empty=tr(READING), id="grid")
            yield Rows(list_columns(""), empty=tr(READING), marks=True, id="list")
            yield FaceLook(id="look")
        yield Filter(placeholder="yaw>30 blur<10 person=1 rejected=no", id="choose")

    # --- what is shown ------------------------------------------------------------------------

    @property
    def form(self) -> str:
        """`grid` or `list`."""
        narrow = self.app.size.width < NARROW
        return self.view.form or ("list" if narrow else "grid")

    @property
    def pane(self) -> Rows:
        """The grid or the list, whichever is shown."""
        return self.query_one(f"#{self.form}", Rows)

    @property
    def marked(self) -> set[str]:
        """Keys of the marked faces."""
        return self.query_one(Grid).marked

    @property
    def current(self) -> Known | None:
        """The face under the cursor, once it was read."""
        return self.faces.known(self.pane.index)

    @property
    def chosen(self) -> list[int]:
        """The marked faces, else the one under the cursor."""
        if self.marked:
            return sorted(int(key) for key in self.marked)
        key = self.pane.key
        return [int(key)] if key else []

    def open(self, project: Project, view: FacesView) -> None:
        """Turn to a project as it was looked at last."""
        self.project, self.view, self.loaded = project, view, False
        if view.sort not in SORT_KEYS:
            view.sort = ""
        if problem_of(view.filter):
            view.filter = ""  # of another version, or of another hand
        self._wrong = ""
        self.faces.turn_to(FaceSet().found)
        grid = self.query_one(Grid)
        grid.thumb = view.thumb
        grid.marked = {str(i) for i in unpacked(view.marked, 1_000_000)}
        self.query_one("#list", Rows).marked = grid.marked
        self.query_one(Filter).text = view.filter
        self.show_form()
        self.reload()

    def show_form(self) -> None:
        """The grid or the list, the cursor on the same face."""
        for name in ("grid", "list"):
            self.query_one(f"#{name}", Rows).set_class(name != self.form, "-other-form")
        pane = self.pane
        pane.show(self.faces)
        pane.select(str(self.view.face))
        self._look()

    def turn_form(self) -> None:
        """From thumbnails to the list or back."""
        had_focus = self.pane.has_focus
        self.view.form = "list" if self.form == "grid" else "grid"
        self.show_form()
        if had_focus:
            self.pane.focus()

    def turn_size(self) -> None:
        """The next size of thumbnails."""
        grid = self.query_one(Grid)
        grid.thumb += 1
        self.view.thumb = grid.thumb

    def turn_overlay(self) -> None:
        """Points and mask over the large picture, or not."""
        self.view.overlay = not self.view.overlay
        self._look()

    def on_resize(self) -> None:
        """Another width may mean another form."""
        if self.project is not None and not self.pane.display:
            self.show_form()

    # --- finding ------------------------------------------------------------------------------

    @property
    def order(self) -> Order:
        """As it is asked for now."""
        return Order(self.view.filter, self.view.sort, self.view.descending)

    def reload(self, *, then: Callable[[], object] | None = None) -> None:
        """Look the faces up anew; the cursor stays on its face."""
        if self.project is not None:
            self._find(self.project, self.order, self.view.face, then)

    def sort(self, figure: str) -> None:
        """Sort by a figure; by the same one again, the other way round."""
        name = "" if figure == "frame" else figure
        self.view.descending = not self.view.descending if name == self.view.sort else False
        self.view.sort = name
        self.reload()

    def choose(self, text: str) -> None:
        """Filter by a text; a wrong one is said and the last right one stays."""
        self._wrong = problem_of(text)
        if self._wrong:
            self._head()
            return
        self.view.filter = text
        self.reload()

    @in_thread(exclusive=True, group="find")
    def _find(
        self, project: Project, order: Order, face: int, then: Callable[[], object] | None
    ) -> None:
        """In a thread: the order, and the details around the cursor."""
        found, known = FaceSet().found, list[Known]()
        if project.db_path.exists():
            found = find(project.db_path, order)
            faces = FaceSet(found)
            at = faces.index_of(str(face)) or 0
            known = details(project, faces.missing(at, 1), order.sort)
        deliver(self, self._found, project, found, known, then)

    def problem(self, text: str) -> None:
        """Said by the room; what is shown stays."""
        self.loaded, self._reading = True, []
        self.post_message(self.Problem(text))

    def _found(
        self,
        project: Project,
        found: Found,
        known: list[Known],
        then: Callable[[], object] | None,
    ) -> None:
        if project is not self.project:
            return
        self.loaded = True
        self.faces.turn_to(found)
        self.faces.take(known)
        empty = tr(NO_MATCH) if found.total else tr("No faces yet: s extracts them.")
        pane = self.pane
        self.query_one("#list", Rows).columns = list_columns(self.view.sort)
        pane.show(self.faces, empty=empty)
        pane.select(str(self.view.face))  # one that is gone leaves the cursor on its place
        self.query_one(Grid).look_again()
        self.query_one(Filter).count(len(self.faces), found.total)
        self._reading = []
        self._need()
        self._look()
        if then is not None:
            then()
        self.post_message(self.Changed(self))

    def _need(self) -> None:
        """Read the details of faces that came into sight."""
        sight = self.pane.in_sight
        missing = self.faces.missing(sight.start, len(sight)) if len(self.faces) else []
        if missing and missing != self._reading and self.project is not None:
            self._reading = missing
            self._read(self.project, missing, self.view.sort)

    @in_thread(exclusive=True, group="details")
    def _read(self, project: Project, ids: list[int], sort: str) -> None:
        deliver(self, self._take, project, details(project, ids, sort), sort)

    def _take(self, project: Project, known: list[Known], sort: str) -> None:
        if project is self.project and sort == self.view.sort:
            self.faces.take(known)
            self.query_one(Grid).know_more()
            self.query_one("#list", Rows).repaint()
            self._look()

    def _picture(self, index: int) -> Path | None:
        known = self.faces.known(index)
        return known.picture if known else None

    def _label(self, index: int) -> str:
        known = self.faces.known(index)
        return label(known.face, self.view.sort) if known else "..."

    # --- cursor and marks ---------------------------------------------------------------------

    def on_rows_moved(self, message: Rows.Moved) -> None:
        """The cursor is on another face."""
        message.stop()
        if message.rows is self.pane:
            self.view.face = int(message.key)
            self._need()
            self._look()

    def on_rows_marked(self, message: Rows.Marked) -> None:
        """Space: one face more or less."""
        message.stop()
        self._last_mark = message.key
        key = frozenset({message.key})
        self._user_marked(Marks(key) if message.key in self.marked else Marks(off=key))

    def mark_range(self) -> None:
        """Mark from the face that was marked last to the cursor."""
        start = self.faces.index_of(self._last_mark) if self._last_mark else None
        index = self.pane.index
        between = self.faces.between(index if start is None else start, index)
        self._user_marked(Marks(frozenset(map(str, between)) - self.marked))

    def mark_all(self) -> None:
        """Mark all that match; when all are marked, none."""
        more = frozenset(map(str, self.faces.found.ids)) - self.marked
        self._user_marked(Marks(more) if more else self.all_off)

    @property
    def all_off(self) -> Marks:
        """What takes every mark away."""
        return Marks(off=frozenset(self.marked))

    def _user_marked(self, marks: Marks) -> None:
        self.put_marks(marks)
        self.post_message(self.Marked(marks))

    def put_marks(self, marks: Marks) -> None:
        """Mark some faces and take the marks of others away."""
        self.marked.difference_update(marks.off)
        self.marked.update(marks.on)
        self._head()
        for pane in self.query(Rows):
            pane.repaint()
        self.post_message(self.Changed(self))

    def remember(self) -> None:
        """Keep the marks for the next time."""
        self.view.marked = packed(map(int, self.marked))

    def look_anew(self, faces: Iterable[int]) -> None:
        """Faces were changed: what is known of them is asked again."""
        self.query_one(FaceLook).forget(faces)
        self.reload()

    def step(self, by: int) -> None:
        """To the face before or after."""
        self.pane.move_to(self.pane.index + by)

    def step_from(self, face: int) -> None:
        """To the next face, if the cursor is still on this one."""
        if self.view.face == face:
            self.step(1)

    # --- header and large picture -------------------------------------------------------------

    def _head(self) -> None:
        self.query_one("#head", Lines).show([self._head_line()])

    def _head_line(self) -> Line:
        """`12 of 308 faces, 3 marked  by blur [b]↓  yaw>30`."""
        if self._wrong:
            return [(self._wrong, "bad")]
        if not self.loaded:
            return [(tr(READING), "muted")]
        shown, total = len(self.faces), self.faces.found.total
        faces = words.plural(total, "face")
        if shown != total:
            faces = tr("{done} of {all}").format(done=words.count(shown), all=faces)
        at = f"{words.count(self.pane.index + 1)} / " if shown else ""
        marked = tr_n("{n} marked", "{n} marked", len(self.marked))
        marked = f"  {marked.format(n=words.count(len(self.marked)))}" if self.marked else ""
        ascii_only = bool(getattr(self.app, "ascii_only", False))
        other_form = "  " + tr("T thumbnails") if self.form == "list" else ""
        return [
            (f"{at}{faces}", "accent"),
            (marked, "warn"),
            f"  {sort_words(self.view.sort, self.view.descending, ascii_only)}",
            (f"  / {self.view.filter}" if self.view.filter else "", "warn"),
            (other_form, "muted"),
        ]

    def _look(self) -> None:
        """The face under the cursor, large."""
        self._head()
        around = self.faces.between(self.pane.index - AROUND, self.pane.index + AROUND)
        look = self.query_one(FaceLook)
        look.show_face(self.project, self.current, around if self.view.overlay else ())

    # --- the filter ---------------------------------------------------------------------------

    def on_filter_changed(self, message: Filter.Changed) -> None:
        """Each key filters."""
        message.stop()
        self.choose(message.text)

    def on_filter_left(self, message: Filter.Left) -> None:
        """Back to the faces."""
        message.stop()
        self.pane.focus()


def problem_of(text: str) -> str:
    """What is wrong with a filter in one sentence; empty when nothing is."""
    try:
        Order(text).choice()
    except FstuiError as error:
        return str(error)
    return ""
