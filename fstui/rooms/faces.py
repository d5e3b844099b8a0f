"""The faces room: extraction of both sides and the target, then the faces that were found."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual.widget import Widget
from textual.widgets import Input

from engine.project import SIDES
from fstui import keymap
from fstui.i18n import later, tr
from fstui.model import words
from fstui.model.eventwords import rejection_words
from fstui.model.faceviews import Frames
from fstui.model.jobview import JobView
from fstui.model.overview import Overview, SideCount
from fstui.rooms.browser import Browser
from fstui.rooms.curation import Curation
from fstui.rooms.facelook import FaceLook
from fstui.rooms.lines import Line, Run
from fstui.rooms.stage import StageRoom, lacks, message_lines, pace_line, stage_words, state_line
from fstui.widgets.filter import Filter

ON_FACES = frozenset(
    {
        *("reject", "keep", "edit_face", "source_frame", "mark_range", "mark_all", "figures"),
        *("sort", "overlay", "sheet"),
    }
)
"""Actions that need a face."""


class Faces(StageRoom):
    """How far extraction is and what it found; once it found something, the faces themselves."""

    room = "faces"
    stage = "extract"
    panes = ("#look", "#grid")
    AUTO_FOCUS = ""
    no_picture = later("The last frame shows here while faces are extracted.")
    BINDINGS: ClassVar[list[Any]] = keymap.bindings(
        *(key.id for key in keymap.KEYS if key.group == "Faces"), "filter", "sheet"
    )

    def __init__(self) -> None:
        super().__init__()
        self.frames = Frames()
        self.curation: Curation | None = None
        self._watching = True
        """Whether a running extraction is shown instead of the faces."""
        self._shown: Path | None = None
        self._counted: object = None

    def body(self) -> Iterable[Widget]:
        """What every stage shows, and the faces."""
        yield from super().body()
        yield Browser(id="browser")

    @property
    def browser(self) -> Browser:
        """The faces."""
        return self.query_one(Browser)

    @property
    def browsing(self) -> bool:
        """Whether faces are shown and not the extraction."""
        return bool(self.browser.faces.found.total) and not (self.extracting and self._watching)

    @property
    def extracting(self) -> bool:
        """Whether an extraction is at work."""
        return self.job is not None and self.job.running

    def show(self) -> None:
        """The stage, and the faces when they are others."""
        project = self.studio.session.project
        super().show()
        if project is None:
            return
        if self._shown != project.path:
            self._shown, self.curation = project.path, Curation(self, project)
            self.browser.open(project, self.studio.session.view.faces)
        self.look_for_others()
        self.turn()

    def remember(self) -> None:
        """The marks, too."""
        super().remember()
        for browser in self.query(Browser):
            browser.remember()

    def look_for_others(self) -> None:
        """Have the faces looked up when there are others, unless only the extraction is shown."""
        overview, browser = self.studio.session.overview, self.browser
        if overview is None or overview.sides == self._counted:
            return
        if self.browsing or not self.extracting or not browser.faces.found.total:
            self._counted = overview.sides
            browser.reload()

    def turn(self) -> None:
        """From the extraction to the faces, or back."""
        was = self.has_class("-browsing")
        self.set_class(self.browsing, "-browsing")
        if self.browsing and not was:
            self.browser.show_form()
            self.call_after_refresh(self.focus_faces)
        elif not self.browsing and self.browser.has_focus_within:
            self.set_focus(None)  # the list is away, and its keys with it

    def focus_faces(self) -> None:
        """Keys go to the faces, unless a filter is being typed already."""
        if not self.typing:
            self.browser.pane.focus()

    @property
    def typing(self) -> bool:
        """Whether keys go to the filter."""
        return isinstance(self.focused, Input)

    def facts(self, job: JobView | None) -> list[Line]:
        """State, pace, faces of each side; above the faces in one line."""
        overview = self.studio.session.overview
        ready = tr("press {key}").format(key=keymap.named("start"))
        how = stage_words(overview, self.stage) if lacks(overview, self.stage) else ready
        idle = tr("Faces were not extracted yet: {how}.").format(how=how)
        lines = [state_line(job, idle)]
        if job is not None and job.running:
            lines += [pace_line(job), found_line(job.figures)]
        if self.browsing:
            state = lines[:2] if job is not None else []
            return [[counts_run(overview), *(run for line in state for run in line)]]
        if overview is not None:
            lines += [side_line(overview.sides[s]) for s in SIDES if s in overview.sides]
        if job is not None and not job.running:
            lines += message_lines(job)  # last: it may wrap, and the sides must stay
        return lines

    def on_browser_changed(self) -> None:
        """Faces were found, marked or decided."""
        self.news()
        self.refresh_bindings()

    def on_browser_problem(self, message: Browser.Problem) -> None:
        """One sentence of what went wrong in a thread."""
        self.say(message.text, severity="error", timeout=10)

    def on_face_look_problem(self, message: FaceLook.Problem) -> None:
        """The engine could not say where the points lie."""
        self.say(message.text, severity="error", timeout=10)

    async def on_unmount(self) -> None:
        """What was decided is written; decoded frames go with the room."""
        curation, self.curation = self.curation, None
        if curation is not None:
            await curation.writes.finished()
        self.frames.close()

    # --- keys ---------------------------------------------------------------------------------

    def keys_depend_on(self) -> tuple[object, ...]:
        """What can be undone, beside the job and the faces."""
        browser = self.browser
        return (
            *super().keys_depend_on(),
            *(self.browsing, browser.form, bool(len(browser.faces)), len(browser.marked) > 0),
            *((len(self.curation.steps), self.curation.steps.undone) if self.curation else ()),
        )

    def tells(self, job: JobView) -> bool:
        """Not while faces are shown in place of what was extracted."""
        return not self.browsing and super().tells(job)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is done to faces needs some. A letter that is meant for the filter does nothing
        else, one that was typed before the filter was there neither."""
        if self.typing:
            return action == "back"
        if not self.query(Browser):
            return super().check_action(action, parameters)
        if action == "undo":
            return self.curation is not None and self.curation.may_undo
        if action == "redo":
            return self.curation is not None and self.curation.may_redo
        if action == "filter":
            return self.browsing
        if action == "thumbnails":
            return bool(self.browser.faces.found.total)
        if action in ("earlier", "later", "full") and self.browsing:
            return len(self.browser.faces) > 0
        if action in ON_FACES:
            there = self.browsing and len(self.browser.faces) > 0
            there = there and (action != "sheet" or self.browser.form == "grid")
            return there and super().check_action(action, parameters)
        if action == "zoom":
            return self.browsing
        return super().check_action(action, parameters)

    def words_for(self, action: str) -> str:
        """What keys of other rooms do here."""
        if not self.browsing:
            return super().words_for(action)
        marked = len(self.browser.marked)
        mine = {
            "choose": tr("large"),
            "earlier": tr("faces"),
            "later": tr("face after"),
            "sheet": tr("size of thumbnails"),
            "reject": tr("reject {n}").format(n=words.count(marked)) if marked else tr("reject"),
            "keep": tr("keep {n}").format(n=words.count(marked)) if marked else tr("keep"),
        }
        return mine.get(action) or super().words_for(action)

    def action_back(self) -> None:
        """Esc: all panes again, then all faces again, then to the project's room."""
        entry = self.query_one(Filter)
        if self.browsing and self.zoomed >= 0:
            self.zoomed = len(self.panes) - 1
            self.action_zoom()
        elif self.browsing and entry.text:
            entry.action_clear()
        else:
            super().action_back()

    def on_rows_chosen(self) -> None:
        """Enter: the large picture alone, or all panes again."""
        self.zoomed = -1 if self.zoomed < 0 else len(self.panes) - 1
        self.action_zoom()

    def action_zoom(self) -> None:
        """The large picture alone, the faces alone, both."""
        super().action_zoom()
        self.query_one("#list").set_class(self.zoomed == 0, "-away")
        if self.zoomed != 0:
            self.browser.pane.focus()

    def action_filter(self) -> None:
        """Show only faces of which something is so."""
        self.query_one(Filter).open()

    def action_earlier(self) -> None:
        """The face before, or the preview before."""
        self.browser.step(-1) if self.browsing else super().action_earlier()

    def action_later(self) -> None:
        """The face after, or the preview after."""
        self.browser.step(1) if self.browsing else super().action_later()

    def action_full(self) -> None:
        """The face at full resolution, outside the workbench."""
        if not self.browsing:
            return super().action_full()
        from fstui.rooms.full import suspended

        known = self.browser.current
        if known is not None and known.picture is not None:
            self.attempt(partial(suspended, self.app, known.picture))

    def action_thumbnails(self) -> None:
        """Thumbnails, list, and the extraction while it runs."""
        if self.extracting and (self._watching or self.browser.form == "list"):
            self._watching = not self._watching
        else:
            self.browser.turn_form()
        self.news()

    def action_sheet(self) -> None:
        """The next size of thumbnails."""
        self.browser.turn_size()

    def action_overlay(self) -> None:
        """Points and mask over the large picture, or not."""
        self.browser.turn_overlay()

    async def action_sort(self) -> None:
        """Ask for the letter of a figure; one that is typed at once waits for the menu."""
        from fstui.rooms.facesort import SortMenu

        def go(figure: str | None) -> None:
            if figure:
                self.browser.sort(figure)

        view = self.browser.view
        await self.app.push_screen(SortMenu(view.sort, view.descending), go)

    def action_figures(self) -> None:
        """How figures are spread; a range that is cut out becomes a filter."""
        from fstui.rooms.figures import Figures

        project = self.studio.session.project
        if project is not None:
            entry = self.query_one(Filter)

            def go(text: str | None) -> None:
                if text is not None:
                    entry.text = text
                    self.browser.choose(text)

            self.app.push_screen(Figures(project, self.browser.order, len(self.browser.faces)), go)

    # --- decisions ----------------------------------------------------------------------------

    def on_browser_marked(self, message: Browser.Marked) -> None:
        """Other faces are marked."""
        if self.curation is not None:
            self.curation.marked(message.marks)
        self.refresh_bindings()

    def action_mark_range(self) -> None:
        """Mark from the face that was marked last to the cursor."""
        self.browser.mark_range()

    def action_mark_all(self) -> None:
        """Mark all that match; when all are marked, none."""
        self.browser.mark_all()

    def action_reject(self) -> None:
        """Leave the marked faces out, or the one under the cursor."""
        self.decide("reject")

    def action_keep(self) -> None:
        """Use the marked faces whatever filters say, or the one under the cursor."""
        self.decide("keep")

    def decide(self, verb: str) -> None:
        """Reject or keep."""
        faces = self.browser.chosen
        if faces and self.curation is not None:
            self.curation.decide(faces, verb, not self.browser.marked)

    def action_undo(self) -> None:
        """Take back the last marks, decision or edit."""
        if self.curation is not None:
            self.curation.undo()

    def action_redo(self) -> None:
        """Do again what was taken back."""
        if self.curation is not None:
            self.curation.redo()

    # --- frame and editor ---------------------------------------------------------------------

    def action_source_frame(self) -> None:
        """The frame that the face is from."""
        from fstui.rooms.sourceframe import SourceFrameView

        project, known = self.browser.project, self.browser.current
        if project is not None and known is not None:
            self.app.push_screen(SourceFrameView(project, known.face, self.frames))

    def action_edit_face(self) -> None:
        """Move points and box, paint the mask."""
        from fstui.rooms.editor import Editor

        known = self.browser.current
        if self.curation is not None and known is not None:
            self.app.push_screen(Editor(self.curation, known.face.id, self.frames))


def counts_run(overview: Overview | None) -> Run:
    """`A 1 180  B 1 320  target 240 faces  `: those that are not rejected."""
    sides = [overview.sides[s] for s in SIDES if s in overview.sides] if overview else []
    named = [(s.side.upper() if len(s.side) == 1 else s.side, s.faces) for s in sides]
    return "  ".join(f"{name} {words.count(faces)}" for name, faces in named) + "  ", "muted"


def found_line(figures: dict[str, Any]) -> Line:
    """`412 faces so far, 1.03 a frame; 3 faces rejected: 3 too small`."""
    faces, each = figures.get("faces"), figures.get("per_frame")
    found = (
        tr("{faces} so far").format(faces=words.plural(faces, "face"))
        if isinstance(faces, int)
        else ""
    )
    if found and isinstance(each, float | int):
        found += tr(", {n:.2f} a frame").format(n=each)
    rejected = rejection_words(figures.get("rejected"))
    return [found, ("; " if found and rejected else "", "muted"), (rejected, "warn")]


def side_line(count: SideCount, *, short: bool = False) -> Line:
    """`A  1 180 faces in 1 204 frames (98 % have one), 2 of 2 sources done`; `short` leaves out
    the per cent."""
    name = count.side.upper() if len(count.side) == 1 else count.side
    if not count.sources:
        return [(f"{name:<7}", "accent"), (tr("needs footage: 1, then a"), "warn")]
    found = tr("{faces} in {frames}").format(
        faces=words.plural(count.faces, "face"), frames=words.plural(count.frames, "frame")
    )
    if count.frames and not short:
        percent = 100 * count.frames_with_face // count.frames
        found += tr(" ({n} % have one)").format(n=percent)
    sources = words.plural(count.sources, "source")
    done = tr(", {done} of {sources} done").format(done=count.done, sources=sources)
    return [(f"{name:<7}", "accent"), found, (done, "muted")]


ROOM = Faces
